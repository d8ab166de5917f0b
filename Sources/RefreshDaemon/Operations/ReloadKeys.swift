import RefreshCore

/// Reads the keys again, and re-encrypts the tokens that the first key does not encrypt.
///
/// The daemon does this in the background, a command without a daemon at once.
package struct ReloadKeys: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "reload-keys"
    package static let patience = Duration.minutes(10)

    package init() {}

    package func run(with store: StoreContext) async throws -> KeyReport { try await store.keyring.reload() }
}
