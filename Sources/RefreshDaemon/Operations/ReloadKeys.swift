import RefreshCore

/// Reads the keys again, and seals anew what the first did not seal: the daemon in the background, a command at once.
package struct ReloadKeys: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "reload-keys"
    package static let patience = Duration.minutes(10)

    package init() {}

    package func run(with store: StoreContext) async throws -> KeyReport { try await store.keyring.reload() }
}
