import GRDB
import RefreshCore

extension StoreRestoration {
    /// Nil for a store that came from no backup.
    init?(in db: Database) throws {
        guard let restoredAt = try Meta.integer(.restoredAt, in: db),
            let takenAt = try Meta.integer(.restoredFrom, in: db)
        else { return nil }
        self.init(
            takenAt: Timestamp(microsecondsSinceEpoch: takenAt),
            restoredAt: Timestamp(microsecondsSinceEpoch: restoredAt),
            isTakenOver: try Meta.integer(.restoredWithMoments, in: db) == 1,
            isFollowed: try Meta.integer(.restorationFollowed, in: db) == 1)
    }

    func write(in db: Database) throws {
        try Meta.set(.restoredAt, to: restoredAt.microsecondsSinceEpoch, in: db)
        try Meta.set(.restoredFrom, to: takenAt.microsecondsSinceEpoch, in: db)
        try Meta.set(.restoredWithMoments, to: isTakenOver ? 1 : 0, in: db)
        try Meta.set(.restorationFollowed, to: isFollowed ? 1 : 0, in: db)
    }

    /// Makes a store of what was a copy: from here on it is known to be restored, and unless newer moments were taken
    /// over, everybody counts as called at that moment.
    func begin(in db: Database) throws {
        try BackupMark.remove(in: db)
        try write(in: db)
        guard !isTakenOver else { return }
        try db.execute(
            sql: "UPDATE schedule SET reached_at = :at WHERE reached_at IS NULL OR reached_at < :at",
            arguments: ["at": restoredAt.microsecondsSinceEpoch])
    }
}
