import RefreshCore

/// The settings that the daemons of the store have in common.
package struct ReadFleetSettings: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "fleet-settings"

    package init() {}

    package func run(with store: StoreContext) async throws -> CommonSettings {
        CommonSettings(text: try await store.store.fleetSettings()?.text)
    }
}

/// What all daemons of a store follow, whatever their files say.
package struct CommonSettings: Codable, Equatable, Sendable {
    /// The settings as a text in JSON, a value for each path; nil where each daemon follows its own file.
    package let text: String?
}
