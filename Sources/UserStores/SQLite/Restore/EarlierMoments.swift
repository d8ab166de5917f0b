import Glibc
import GRDB
package import RefreshCore

/// Takes over what happened since a backup from the store that it replaces, if that is readable and the same store.
///
/// The schedule and record of each user come from the earlier store, which is newer; tokens and groups come from the
/// backup. A parked user whose token differs in the backup takes its state from the backup. Users that were removed
/// since the backup are paused: no user is called against anyone's wish, and no user is lost. When they were last called
/// is unknown, so they count as called at the restore.
struct EarlierMoments {
    let path: String

    func takeOver(into queue: DatabaseQueue, since restoration: StoreRestoration) -> StoreRestore.EarlierStore {
        do {
            if StoreHeader(path: path)?.isBackup == true {
                return .useless(because: "it is a backup that was never used")
            }
            if let reason = try whyUseless(for: queue) { return .useless(because: reason) }
            return .takenOver(try merge(into: queue, since: restoration))
        } catch let error as DatabaseError {
            return .useless(because: error.message ?? "SQLite error \(error.extendedResultCode.rawValue)")
        } catch {
            return .useless(because: "\(error)")
        }
    }

    /// Why the earlier store cannot be used, nil if it can; also checkpoints its log into the file.
    private func whyUseless(for queue: DatabaseQueue) throws -> String? {
        let (seed, known) = try queue.read { db in
            (try Meta.integer(.seed, in: db), try Meta.integer(.lastSeen, in: db))
        }
        let earlier = try DatabaseQueue(path: path)
        defer { try? earlier.close() }
        return try earlier.writeWithoutTransaction { db in
            guard try String.fetchOne(db, sql: "PRAGMA integrity_check(1)") == "ok" else { return "it is damaged" }
            guard try db.tableExists("meta"), try Meta.integer(.seed, in: db) == seed else {
                return "it is another store"
            }
            guard try Migrations.migrator(version: "").hasCompletedMigrations(db) else {
                return "it was written by another version"
            }
            guard try Meta.integer(.lastSeen, in: db) ?? 0 >= known ?? 0 else { return "it is older than the backup" }
            if let restoration = try StoreRestoration(in: db), !restoration.isTakenOver, !restoration.isFollowed {
                return "it was restored itself, and never used"
            }
            try db.checkpoint(.truncate)
            return nil
        }
    }

    private func merge(into queue: DatabaseQueue, since restoration: StoreRestoration) throws -> TakenOver {
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "ATTACH DATABASE ? AS earlier", arguments: [path])
            defer { try? db.execute(sql: "DETACH DATABASE earlier") }
            var result = TakenOver()
            try db.inTransaction(.immediate) {
                try db.execute(sql: Self.pairs)
                result.users = try Int.fetchOne(db, sql: "SELECT count(*) FROM pairs") ?? 0
                (result.removed, result.firstRemoved) = try Self.removed(in: db)
                (result.added, result.firstAdded) = try Self.added(in: db)
                try takeOver(since: restoration, in: db)
                return .commit
            }
            try db.execute(sql: "DROP TABLE pairs; DROP TABLE calls")
            return result
        }
    }

    private func takeOver(since restoration: StoreRestoration, in db: Database) throws {
        try db.execute(sql: Self.schedules)
        // A call that was in progress in the earlier store may have lasted until this moment.
        try db.execute(sql: "CREATE TEMP TABLE calls (place INTEGER NOT NULL, lease INTEGER NOT NULL)")
        for lease in try LeaseRow.all(in: db, schema: "earlier") where lease.isForCall {
            for place in lease.places {
                try db.execute(sql: "INSERT INTO calls (place, lease) VALUES (?, ?)", arguments: [place, lease.id])
            }
        }
        try db.execute(
            sql: Self.callsUnderWay,
            arguments: ["at": restoration.restoredAt.microsecondsSinceEpoch, "day": restoration.restoredAt.day])
        try db.execute(
            sql: Self.pauseRemoved,
            arguments: [
                "paused": UserState.Kind.paused.storeCode, "at": restoration.restoredAt.microsecondsSinceEpoch,
            ])
        try db.execute(
            sql: Self.history,
            arguments: ["day": restoration.takenAt.day, "stretch": AttemptTally.bucket(of: restoration.takenAt)])
        let keys: [Meta.Key] = [.lastSeen, .clockMark, .fleetPause, .fleetPauseReason, .raisedAlerts]
        for key in keys {
            try Meta.remove(key, in: db)
            try db.execute(
                sql: "INSERT INTO meta (key, value) SELECT key, value FROM earlier.meta WHERE key = ?",
                arguments: [key.rawValue])
        }
    }

    private static func removed(in db: Database) throws -> (Int, [UserID]) {
        try ids("FROM users WHERE place NOT IN (SELECT place FROM pairs)", in: db)
    }

    private static func added(in db: Database) throws -> (Int, [UserID]) {
        try ids("FROM earlier.users WHERE place NOT IN (SELECT earlier_place FROM pairs)", in: db)
    }

    private static func ids(_ condition: String, in db: Database) throws -> (Int, [UserID]) {
        let count = try Int.fetchOne(db, sql: "SELECT count(*) \(condition)") ?? 0
        let first = try String.fetchAll(db, sql: "SELECT id \(condition) ORDER BY id LIMIT 10")
        return (count, first.compactMap { try? UserID($0) })
    }

    /// The users in both stores, with both places; `keeps` is 0 if only the record is taken over, not the state.
    ///
    /// A token is known by its version and its issue: its sealed bytes change with the key.
    private static let pairs = """
        CREATE TEMP TABLE pairs (
            place INTEGER PRIMARY KEY, earlier_place INTEGER NOT NULL UNIQUE, keeps INTEGER NOT NULL);
        INSERT INTO pairs
            SELECT u.place, e.place, NOT (s.state = \(UserState.Kind.parked.storeCode)
                AND (u.token_version, u.token_issued_at) IS NOT (e.token_version, e.token_issued_at))
            FROM main.users u CROSS JOIN earlier.users e ON e.id = u.id
            CROSS JOIN earlier.schedule s ON s.place = e.place ORDER BY u.place;
        """

    private static let state = ["due", "state", "park_reason", "since", "slot", "outage_tries", "outage_waits"]
    private static let record = ScheduleRow.columns.filter { !state.contains($0) }

    private static func update(_ columns: [String], where condition: String) -> String {
        let list = columns.joined(separator: ", ")
        return """
            UPDATE main.schedule SET (\(list)) = (
                SELECT \(columns.map { "e.\($0)" }.joined(separator: ", "))
                FROM temp.pairs p CROSS JOIN earlier.schedule e ON e.place = p.earlier_place
                WHERE p.place = schedule.place)
            WHERE place IN (SELECT place FROM temp.pairs\(condition));
            """
    }

    private static let schedules =
        update(record, where: "") + "\n" + update(state, where: " WHERE keeps") + """

            DELETE FROM main.leases;
            DELETE FROM main.reasons WHERE place IN (SELECT place FROM temp.pairs);
            INSERT INTO main.reasons (place, text) SELECT p.place, r.text
                FROM temp.pairs p CROSS JOIN earlier.reasons r ON r.place = p.earlier_place;
            """

    private static let callsUnderWay = """
        UPDATE main.schedule SET reached_at = :at,
            attempts_today = CASE WHEN day = :day THEN attempts_today + 1 ELSE 1 END, day = :day
        WHERE place IN (
            SELECT p.place FROM temp.calls c CROSS JOIN earlier.schedule e ON e.place = c.place
            CROSS JOIN temp.pairs p ON p.earlier_place = e.place WHERE coalesce(e.settled, 0) < c.lease);
        """

    private static let pauseRemoved = """
        UPDATE main.schedule SET state = :paused, due = NULL, since = NULL, park_reason = NULL,
            reached_at = max(coalesce(reached_at, :at), :at)
        WHERE place NOT IN (SELECT place FROM temp.pairs);
        """

    private static let history = """
        INSERT OR IGNORE INTO main.attempts (day, place, at, duration, outcome, status, origin, number, reason)
            SELECT a.day, p.place, a.at, a.duration, a.outcome, a.status, a.origin, a.number, a.reason
            FROM earlier.attempts a CROSS JOIN temp.pairs p ON p.earlier_place = a.place WHERE a.day >= :day;
        INSERT OR REPLACE INTO main.tallies SELECT * FROM earlier.tallies WHERE stretch >= :stretch;
        """
}

/// What a restored store took over from the earlier store, and where the two differ.
package struct TakenOver: Equatable, Sendable {
    /// Users in both stores.
    package var users = 0
    /// Users of the backup that were removed after it; they are paused.
    package var removed = 0
    package var firstRemoved: [UserID] = []
    /// Users that were added after the backup; only the earlier store has them.
    package var added = 0
    package var firstAdded: [UserID] = []
}
