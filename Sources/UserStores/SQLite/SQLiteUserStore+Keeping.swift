import FoundationEssentials
import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func census(now: Timestamp) async throws(StoreProblem) -> Census {
        try await read { [leases] db in
            func count(_ sql: String, _ arguments: StatementArguments = []) throws -> Int {
                try Int.fetchOne(db.cachedStatement(sql: sql), arguments: arguments) ?? 0
            }
            var census = Census()
            census.users = Int(try DamagedStore.required(Meta.integer(.users, in: db), "number of users"))
            var usual = census.users
            for kind in UserState.Kind.allCases where kind != .scheduled {
                let number = try count(
                    "SELECT count(*) FROM schedule WHERE state = ? AND state > 0",
                    [kind.storeCode]
                )
                usual -= number
                if number > 0 { census.byState[kind] = number }
            }
            if usual > 0 { census.byState[.scheduled] = usual }
            let reasons = try Row.fetchAll(
                db.cachedStatement(
                    sql: """
                        SELECT park_reason, count(*) FROM schedule WHERE state = ? AND state > 0
                        GROUP BY park_reason
                        """),
                arguments: [UserState.Kind.parked.storeCode])
            for row in reasons {
                // Converting the row to `Int64` directly would end the process if a disk error changed the type.
                census.byParkReason[try ParkReason(storeCode: Int64.fromDatabaseValue(row[0]))] = row[1]
            }
            var leasedOfOverdue = 0
            let due = try PreparedStatement("SELECT due FROM schedule WHERE place = ?", in: db)
            for place in leases.places() {
                // The lease of a removed user is not counted.
                guard let moment = try due.first(place, read: { $0.moment(0) }) else { continue }
                census.leased += 1
                if let moment, moment <= now { leasedOfOverdue += 1 }
            }
            census.overdue = try count(LeaseStatements.countDue, [now.microsecondsSinceEpoch]) - leasedOfOverdue
            census.oldestDue = try Self.firstDue(besides: leases, in: db)
            return census
        }
    }

    package func dueHistogram(
        from: Timestamp, width: Duration, count: Int, groups: Set<GroupName>
    ) async throws(StoreProblem) -> DueHistogram {
        var histogram = DueHistogram(from: from, width: width, count: count)
        var place: Place?
        repeat {
            // Each batch is a separate read, so that neither a connection nor the log is held for long.
            (histogram, place) = try await read { [leases, histogram, place] db in
                var counted = histogram
                let last = try DueReader.count(in: &counted, after: place, groups: groups, besides: leases, in: db)
                return (counted, last)
            }
        } while place != nil
        return histogram
    }

    package func clockMark() async throws(StoreProblem) -> ClockMark? {
        try await read { db in try ClockMark(in: db) }
    }

    package func setClockMark(_ mark: ClockMark) async throws(StoreProblem) {
        try await write { db in try mark.write(in: db) }
        // Note it after the commit: the witness beside the store must never be ahead of the store.
        lock.note(StoreLock.Witness(seed: seed, lastSeen: mark.reading.wall))
    }

    package func fleetPause() async throws(StoreProblem) -> FleetPause? {
        try await read { db in
            guard let until = try Meta.integer(.fleetPause, in: db).map(Timestamp.init(microsecondsSinceEpoch:))
            else { return nil }
            return FleetPause(
                until: until == .distantFuture ? nil : until, reason: try Meta.text(.fleetPauseReason, in: db))
        }
    }

    package func setFleetPause(_ pause: FleetPause?) async throws(StoreProblem) {
        try await write { db in
            try Meta.remove(.fleetPauseReason, in: db)
            guard let pause else { return try Meta.remove(.fleetPause, in: db) }
            if let reason = pause.reason { try Meta.set(.fleetPauseReason, to: reason, in: db) }
            let until = pause.until ?? .distantFuture
            try Meta.set(.fleetPause, to: until.microsecondsSinceEpoch, in: db)
        }
    }

    package func space() async throws(StoreProblem) -> StoreSpace? {
        let free = try await read { db in
            let pages = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            return try pages * (Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        }
        let (log, others) = (StoreFile.size(of: path + "-wal"), ["", "-shm"].map { StoreFile.size(of: path + $0) })
        return StoreSpace(bytes: others.reduce(log, +), freeBytes: free, logBytes: log)
    }

    package func verifyPlace() async throws(StoreProblem) {
        try place.verify()
    }

    package func restoration() async throws(StoreProblem) -> StoreRestoration? {
        try await read { db in try StoreRestoration(in: db) }
    }

    package func setRestoration(_ restoration: StoreRestoration) async throws(StoreProblem) {
        try await write { db in try restoration.write(in: db) }
    }

    package func refreshTokenHolders(storedBy moment: Timestamp, limit: Int) async throws(StoreProblem)
        -> RefreshTokenHolders
    {
        try await read { db in
            let condition = "refresh_token IS NOT NULL AND (token_issued_at IS NULL OR token_issued_at <= ?)"
            let count = try PreparedStatement("SELECT count(*) FROM users WHERE \(condition)", in: db)
            let first = try PreparedStatement("SELECT id FROM users WHERE \(condition) ORDER BY id LIMIT ?", in: db)
            return RefreshTokenHolders(
                count: try count.number(moment), first: try first.all(moment, limit) { try $0.id(0) })
        }
    }
}
