package import RefreshDaemon

/// The keys of a vault that hides nothing.
package struct NoKeys: KeyOperating {
    package init() {}

    package func report() async throws -> KeyReport { KeyReport(keys: []) }
    package func usage() async throws -> KeyReport { KeyReport(keys: []) }
    package func reload() async throws -> KeyReport { KeyReport(keys: []) }
}
