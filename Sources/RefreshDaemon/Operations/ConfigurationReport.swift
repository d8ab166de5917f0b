package import RefreshCore

/// The configuration in force, and the changes that wait for a restart.
///
/// Times are RFC 3339 in UTC.
package struct ConfigurationReport: Codable, Sendable, Equatable {
    /// When the daemon last applied a changed configuration, at its start or at a reload.
    package var inForceSince: String
    /// Changes that wait for a restart, as of the last successful reload.
    package var needRestart: [String] = []
    /// Nil if there was no reload since the start.
    package var lastReload: LastReload?

    package struct LastReload: Codable, Sendable, Equatable {
        package var at: String
        /// What it changed; empty if it changed nothing or was refused.
        package var changes: [String] = []
        /// Why it was refused; empty if it succeeded.
        package var problems: [String] = []
    }
}

/// What a successful reload changed.
package struct ReloadReport: Codable, Sendable, Equatable {
    /// The settings that changed: `schedule.every: 24h → 12h`.
    package var changes: [String]
    /// Settings that differ in the file but take effect only after a restart.
    package var needRestart: [String]
    /// Groups that users belong to and the file does not name, the largest first.
    package var unknownGroups: [StatusReport.Group] = []
    /// The changes that this reload published for all daemons that share the store.
    package var published: [String] = []
    /// The daemons that did not take them within 10 seconds; they make no calls until they do.
    package var pending: [String] = []
    /// The daemons of an older version, which follow their own files until they are upgraded.
    package var older: [String] = []
    /// Settings in the file that are not those of the fleet, which are in force.
    package var differences: [SettingDifference] = []

    package init(changes: [String], needRestart: [String]) {
        self.changes = changes
        self.needRestart = needRestart
    }
}
