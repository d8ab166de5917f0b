/// The configuration in force, and the changes that wait for a restart.
///
/// Times are RFC 3339 in UTC.
package struct ConfigurationReport: Codable, Sendable, Equatable {
    /// When the daemon last applied a changed configuration, at its start or at a reload.
    package var inForceSince: String
    /// Changes that wait for a restart, as of the last successful reload.
    package var needRestart: [String]
    /// Nil if there was no reload since the start.
    package var lastReload: LastReload?

    package struct LastReload: Codable, Sendable, Equatable {
        package var at: String
        /// What it changed; empty if it changed nothing or was refused.
        package var changes: [String]
        /// Why it was refused; empty if it succeeded.
        package var problems: [String]

        package init(at: String, changes: [String] = [], problems: [String] = []) {
            self.at = at
            self.changes = changes
            self.problems = problems
        }
    }

    package init(inForceSince: String, needRestart: [String] = [], lastReload: LastReload? = nil) {
        self.inForceSince = inForceSince
        self.needRestart = needRestart
        self.lastReload = lastReload
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

    package init(changes: [String], needRestart: [String]) {
        self.changes = changes
        self.needRestart = needRestart
    }
}
