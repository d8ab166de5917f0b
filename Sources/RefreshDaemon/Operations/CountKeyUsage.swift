import RefreshCore

/// As `keys`, with how many tokens each key seals; reads the whole store.
package struct CountKeyUsage: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "key-usage"
    package static let patience = Duration.minutes(10)

    package init() {}

    package func run(with store: StoreContext) async throws -> KeyReport { try await store.keyring.usage() }
}
