import GRDB
import RefreshCore

extension BackupMark {
    /// Nil for what is no backup.
    init?(in db: Database) throws {
        guard let moment = try Meta.integer(.backupTakenAt, in: db) else { return nil }
        self.init(
            takenAt: Timestamp(microsecondsSinceEpoch: moment), version: try Meta.text(.backupTakenBy, in: db) ?? "",
            users: Int(try Meta.integer(.backupUsers, in: db) ?? 0))
    }

    func write(in db: Database) throws {
        try Meta.set(.backupTakenAt, to: takenAt.microsecondsSinceEpoch, in: db)
        try Meta.set(.backupTakenBy, to: version, in: db)
        try Meta.set(.backupUsers, to: users, in: db)
        try db.execute(sql: "PRAGMA user_version = \(StoreHeader.backup)")
    }

    static func remove(in db: Database) throws {
        for key in [Meta.Key.backupTakenAt, .backupTakenBy, .backupUsers] { try Meta.remove(key, in: db) }
        try db.execute(sql: "PRAGMA user_version = 0")
    }
}
