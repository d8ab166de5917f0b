import RefreshCore

/// As `keys`, with the number of tokens that each key encrypts.
///
/// It reads the whole store.
package struct CountKeyUsage: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "key-usage"
    package static let patience = Duration.minutes(10)

    package init() {}

    package func run(with store: StoreContext) async throws -> KeyReport { try await store.keyring.usage() }
}
