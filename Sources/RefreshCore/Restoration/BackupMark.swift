/// The mark of a backup.
package struct BackupMark: Equatable, Sendable {
    package var takenAt: Timestamp
    /// The version of the program that took it.
    package var version: String
    package var users: Int

    package init(takenAt: Timestamp, version: String, users: Int) {
        self.takenAt = takenAt
        self.version = version
        self.users = users
    }
}
