/// Where, how often and how many backups of the store are made.
package struct BackupPlan: Equatable, Sendable {
    package var directory: String
    package var every: Duration
    /// How many stay, the newest.
    package var keep: Int

    package init(directory: String, every: Duration, keep: Int) {
        self.directory = directory
        self.every = every
        self.keep = keep
    }
}
