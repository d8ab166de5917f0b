import FoundationEssentials
import GRDB
import RefreshCore

/// What the store knows about itself, one row per key.
enum Meta {
    enum Key: String {
        case seed
        case createdBy = "created by"
        /// For versions without clock marks.
        case lastSeen = "last seen"
        /// JSON.
        case clockMark = "clock mark"
        case keyCheck = "key check"
        /// The checks of further keys, as long as tokens sealed with them remain.
        case furtherKeyChecks = "further key checks"
        case environment
        case givenUpTokens = "tokens were given up"
        /// When the operator's pause ends; the latest possible moment for a pause without an end.
        case fleetPause = "fleet paused until"
        /// JSON, a list.
        case raisedAlerts = "raised alerts"
        case fleetPauseReason = "fleet paused because"
        /// The number of users: counting them would read part of every row.
        case users
        /// Lease ids up to this one may have been used.
        case leaseNumbers = "lease numbers"
        /// Counts the removals that still have traces in the files; absent if there are none.
        case unsweptRemovals = "unswept removals"
        // The keys of a backup.
        case backupTakenAt = "backup taken at"
        case backupTakenBy = "backup taken by"
        case backupUsers = "backup has users"
        // The keys of a store restored from a backup.
        case restoredAt = "restored at"
        case restoredFrom = "restored from backup of"
        case restoredWithMoments = "restored with newer moments"
        case restorationFollowed = "restore was followed"
        /// The store was not restored from a backup: it had moved to another store and was reopened.
        case restorationIsReopening = "restore was a reopening"
        /// JSON, in a store whose users are being copied to another.
        case departure
        /// JSON, in a store to which another is being copied.
        case arrival
        /// JSON, in a store that replaced another; absent once that was reported.
        case origin
    }

    /// Notes that the files have to be swept; a sweep clears the note unless a removal was counted meanwhile.
    static func countUnsweptRemoval(in db: Database) throws {
        try set(.unsweptRemovals, to: (try integer(.unsweptRemovals, in: db) ?? 0) + 1, in: db)
    }

    /// Adds `change` to the number of users; negative for removals.
    static func countUsers(_ change: Int, in db: Database) throws {
        guard change != 0 else { return }
        try set(.users, to: (try integer(.users, in: db) ?? 0) + Int64(change), in: db)
    }

    static func integer(_ key: Key, in db: Database) throws -> Int64? {
        try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key.rawValue])
    }

    static func blob(_ key: Key, in db: Database) throws -> [UInt8]? {
        try Data.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key.rawValue]).map(
            Array.init
        )
    }

    static func text(_ key: Key, in db: Database) throws -> String? {
        try String.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key.rawValue])
    }

    static func remove(_ key: Key, in db: Database) throws {
        try db.execute(sql: "DELETE FROM meta WHERE key = ?", arguments: [key.rawValue])
    }

    static func set(_ key: Key, to value: some DatabaseValueConvertible, in db: Database) throws {
        try db.execute(
            sql:
                "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            arguments: [key.rawValue, value]
        )
    }
}

/// Stored as JSON, with the moment repeated in the row that older versions write.
extension ClockMark {
    /// Only the moment is certain if a version without marks used the store in between.
    init?(in db: Database) throws {
        guard let lastSeen = try Meta.integer(.lastSeen, in: db).map(Timestamp.init(microsecondsSinceEpoch:)) else {
            return nil
        }
        let text = try Meta.text(.clockMark, in: db)
        let mark = text.flatMap { try? JSONDecoder().decode(ClockMark.self, from: Data($0.utf8)) }
        if let mark, mark.reading.wall == lastSeen {
            self = mark
        } else {
            let reading = ClockReading(wall: lastSeen, sinceBoot: mark?.reading.sinceBoot ?? .zero)
            self.init(reading: reading, boot: nil, longestGap: mark?.longestGap ?? .zero)
        }
    }

    func write(in db: Database) throws {
        try Meta.set(.clockMark, toJSON: self, in: db)
        try Meta.set(.lastSeen, to: reading.wall.microsecondsSinceEpoch, in: db)
    }
}
