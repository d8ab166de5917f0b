/// The settings that the daemons of one store share, as published by one of them.
package struct FleetSettings: Equatable, Sendable {
    /// Rises with every publication and is unique, even on a server that took over from another.
    package var version: Int64
    /// Opaque to the store.
    package var text: String

    package init(version: Int64, text: String) {
        self.version = version
        self.text = text
    }
}

/// A setting whose value in a host's file differs from the fleet's, which is in force.
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
    /// Up to three differences as text: `schedule.minimumInterval is 6h in this file and 12h in the fleet`.
    package func sentence(of file: String = "this file") -> String {
        let shown = prefix(3).map { "\($0.path) is \($0.file) in \(file) and \($0.fleet) in the fleet" }
            .joined(separator: ", ")
        return count > 3 ? "\(shown), and \(count - 3) more" : shown
    }
}
