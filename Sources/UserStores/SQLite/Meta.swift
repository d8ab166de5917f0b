import FoundationEssentials
import GRDB
import RefreshCore

/// What the store knows of itself, one row each.
enum Meta {
    enum Key: String {
        case seed
        case createdBy = "created by"
        /// For versions that know no clock mark.
        case lastSeen = "last seen"
        /// JSON.
        case clockMark = "clock mark"
        case keyCheck = "key check"
        /// Those of further keys, while tokens sealed with them remain.
        case furtherKeyChecks = "further key checks"
        case environment
        case givenUpTokens = "tokens were given up"
        /// When the operator's pause ends; the last moment there is for one without end.
        case fleetPause = "fleet paused until"
        /// JSON, a list.
        case raisedAlerts = "raised alerts"
        case fleetPauseReason = "fleet paused because"
        /// How many there are: to count them is to read a part of all of them.
        case users
        /// Up to here ids of leases may have been given.
        case leaseNumbers = "lease numbers"
        /// Counts removals whose traces are still in the files; absent where there are none.
        case unsweptRemovals = "unswept removals"
        // Of a backup.
        case backupTakenAt = "backup taken at"
        case backupTakenBy = "backup taken by"
        case backupUsers = "backup has users"
        // Of a store that came from one.
        case restoredAt = "restored at"
        case restoredFrom = "restored from backup of"
        case restoredWithMoments = "restored with newer moments"
        case restorationFollowed = "restore was followed"
        /// It came from no backup: it had moved to another store, and was opened again.
        case restorationIsReopening = "restore was a reopening"
        /// JSON, of a store whose users are copied to another.
        case departure
        /// JSON, of a store to which another is copied.
        case arrival
        /// JSON, of a store that another one became; absent once that was told.
        case origin
    }

    /// Notes that the files are to be swept; a sweep takes back no more than it found noted.
    static func countUnsweptRemoval(in db: Database) throws {
        try set(.unsweptRemovals, to: (try integer(.unsweptRemovals, in: db) ?? 0) + 1, in: db)
    }

    /// So many users came, or went where it is negative.
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

/// Kept as JSON, and the moment beside it once more, in the row that older versions write.
extension ClockMark {
    private struct Row: Codable {
        var wall: Int64
        var sinceBoot: Int64
        var boot: String?
        var longestGap: Int64
        var isMoving: Bool
        /// Older versions write none.
        var ahead: Int64?
    }

    /// A version that knows no marks may have worked with the store since: then only the moment is true.
    init?(in db: Database) throws {
        guard let lastSeen = try Meta.integer(.lastSeen, in: db) else { return nil }
        let row = try Meta.text(.clockMark, in: db).flatMap { try? JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
        let isCurrent = row?.wall == lastSeen
        self.init(
            reading: ClockReading(
                wall: Timestamp(microsecondsSinceEpoch: lastSeen), sinceBoot: .microseconds(row?.sinceBoot ?? 0)),
            boot: isCurrent ? row?.boot.flatMap { BootID($0) } : nil,
            longestGap: .microseconds(row?.longestGap ?? 0),
            isMoving: isCurrent && row?.isMoving ?? false,
            ahead: .microseconds(isCurrent ? row?.ahead ?? 0 : 0))
    }

    func write(in db: Database) throws {
        let wall = reading.wall.microsecondsSinceEpoch
        let row = Row(
            wall: wall, sinceBoot: reading.sinceBoot.wholeMicroseconds, boot: boot?.description,
            longestGap: longestGap.wholeMicroseconds, isMoving: isMoving, ahead: ahead.wholeMicroseconds)
        try Meta.set(.clockMark, to: String(decoding: try JSONEncoder().encode(row), as: UTF8.self), in: db)
        try Meta.set(.lastSeen, to: wall, in: db)
    }
}
