import RefreshCore

/// What a backup is, for people and programs.
struct BackupSummary: Codable {
    /// Nil for standard output.
    var path: String?
    let takenAt: String
    let users: Int
    let bytes: Int64

    init(_ backup: StoreBackup) {
        path = backup.path
        takenAt = backup.mark.takenAt.description
        users = backup.mark.users
        bytes = backup.bytes
    }

    func text() -> String {
        "backed up \(Count.of(users, "user")) as of \(takenAt)" + (path.map { ": \($0)" } ?? "") + "\n"
    }
}
