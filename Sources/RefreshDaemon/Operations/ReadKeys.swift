/// The loaded keys, and the progress of a re-encryption.
package struct ReadKeys: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "keys"

    package init() {}

    package func run(with store: StoreContext) async throws -> KeyReport { try await store.keyring.report() }
}
