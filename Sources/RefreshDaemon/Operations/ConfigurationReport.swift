/// Which configuration is in force, and what of the file is not.
///
/// Moments are RFC 3339 in UTC.
package struct ConfigurationReport: Codable, Sendable, Equatable {
    /// When the daemon last took a configuration that changed something: its start or a reload.
    package var inForceSince: String
    /// Settings that differed in the file when it was last taken, and wait for a restart.
    package var needRestart: [String]
    /// Nil when there was none since the start.
    package var lastReload: LastReload?

    package struct LastReload: Codable, Sendable, Equatable {
        package var at: String
        /// What it changed; empty when it changed nothing or was refused.
        package var changes: [String]
        /// Why it was refused; empty when it was taken.
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

/// What a reload that was taken changed.
package struct ReloadReport: Codable, Sendable, Equatable {
    /// Settings now in force that were not before: `schedule.every: 24h → 12h`.
    package var changes: [String]
    /// Settings that differ in the file but take effect only after a restart.
    package var needRestart: [String]
    /// Groups that users name and the file does not, the largest first.
    package var unknownGroups: [StatusReport.Group] = []

    package init(changes: [String], needRestart: [String]) {
        self.changes = changes
        self.needRestart = needRestart
    }
}
