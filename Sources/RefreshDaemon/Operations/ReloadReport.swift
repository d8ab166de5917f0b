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
