/// The settings that daemons of one store have in common, as one of them published them.
package struct FleetSettings: Equatable, Sendable {
    /// Rises with every publication; no two have the same, not even on a server that took the place of another.
    package var version: Int64
    /// For the store, a text without meaning.
    package var text: String

    package init(version: Int64, text: String) {
        self.version = version
        self.text = text
    }
}

/// A setting that is another in the file of a host than in the fleet, where it is in force.
package struct SettingDifference: Equatable, Sendable, Codable {
    /// The path of the setting: `schedule.minimumInterval`.
    package var path: String
    /// The value in the file, in words.
    package var file: String
    /// The value in force.
    package var fleet: String

    package init(path: String, file: String, fleet: String) {
        self.path = path
        self.file = file
        self.fleet = fleet
    }
}

extension [SettingDifference] {
    /// `schedule.minimumInterval is 6h in this file and 12h in the fleet`, for a few.
    package func sentence(of file: String = "this file") -> String {
        let shown = prefix(3).map { "\($0.path) is \($0.file) in \(file) and \($0.fleet) in the fleet" }
            .joined(separator: ", ")
        return count > 3 ? "\(shown), and \(count - 3) more" : shown
    }
}
