import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func nextDue() async throws(StoreProblem) -> Timestamp? {
        try await read { [leases] db in try Self.firstDue(besides: leases, in: db) }
    }

    static func firstDue(besides leases: OpenLeases, in db: Database) throws -> Timestamp? {
        try firstFree(after: leases.cursor, besides: leases, in: db).map { Timestamp(microsecondsSinceEpoch: $0.due) }
    }

    /// The first user in the schedule that is not leased, found in the index alone.
    private static func firstFree(
        after cursor: LeaseCursor, besides leases: OpenLeases, in db: Database
    ) throws -> LeaseCursor? {
        var first: LeaseCursor?
        try LeaseStatements.free.read(after: cursor, upTo: .distantFuture, in: db) { row in
            let next = try LeaseCursor(row)
            guard leases.isLeased(next.place) else {
                first = next
                return false
            }
            return true
        }
        return first
    }

    package func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        let terms = LeaseTerms(now: now, until: until)
        return try await writeLeases { [leases] db, changes in
            guard limit > 0 else { return [] }
            var cursor = leases.cursor
            if cursor == .start {
                // Skip the leased users, of whom only the index is read.
                guard let first = try Self.firstFree(after: cursor, besides: leases, in: db) else { return [] }
                cursor = first.before
            }
            var found: [LeasableUser] = []
            try LeaseStatements.due.read(after: cursor, upTo: now, in: db) { row in
                cursor = try LeaseCursor(row)
                if !leases.isLeased(cursor.place) { found.append(try LeasableUser(row)) }
                return found.count < limit
            }
            changes.reach(cursor)
            return try changes.take(found, on: terms, in: db)
        }
    }

    /// How many users are considered for probes; a million may be due.
    private static let mostForProbes = 2_000

    package func leaseProbes(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        let terms = LeaseTerms(now: now, until: until)
        return try await writeLeases { [leases] db, changes in
            let cursor = leases.cursor
            var due: [(rank: Int, at: LeaseCursor)] = []
            try LeaseStatements.dueOutcomes.read(after: cursor, upTo: now, in: db) { row in
                let here = try LeaseCursor(row)
                if !leases.isLeased(here.place) {
                    let rank = try row.integer(2).map { try OutcomeKind(storeCode: $0).rankForProbe }
                    // A user that was never called comes neither first nor last.
                    due.append((rank ?? 1, here))
                }
                return due.count < Self.mostForProbes
            }
            due.sort { $0 < $1 }
            let found = try due.prefix(max(0, limit)).compactMap { try LeasableUser.at($0.at.place, in: db) }
            return try changes.take(found, on: terms, in: db)
        }
    }

    package func lease(
        _ id: UserID,
        now: Timestamp,
        until: Timestamp
    ) async throws(StoreProblem) -> Result<LeasedUser, LeaseRefusal> {
        let terms = LeaseTerms(now: now, until: until)
        return try await writeLeases { [leases] db, changes in
            let found = try PreparedStatement(LeaseStatements.selectID, in: db).first(id.rawValue) {
                try LeasableUser($0)
            }
            guard let found else { return .failure(.noSuchUser) }
            if let until = leases.leasedUntil(found.stored.user.place) { return .failure(.inFlight(until: until)) }
            return .success(try changes.take([found], on: terms, in: db)[0])
        }
    }

    /// Removes a recovered lease from the row of its batch, so that no other process recovers it again.
    package func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem)
        -> [RecoveredLease]
    {
        let terms = [true, false].map { LeaseTerms(now: now, until: until, isForCall: $0) }
        return try await writeLeases { [leases] db, changes in
            var lost: [(found: LeasableUser, batch: OpenLeases.Batch)] = []
            for batch in leases.lost where lost.count < limit {
                changes.discard(batch.id)
                for place in batch.places where lost.count < limit {
                    changes.withdraw(place, from: batch.id)
                    // A user that was removed in the meantime is not recovered.
                    if let found = try LeasableUser.at(place, in: db) { lost.append((found, batch.batch)) }
                }
            }
            return try terms.flatMap { terms in
                let alike = lost.filter { $0.batch.isForCall == terms.isForCall }
                let leased = try changes.take(alike.map(\.found), on: terms, in: db)
                return zip(alike, leased).map { lost, leased in
                    RecoveredLease(leased: leased, leasedAt: lost.batch.leasedAt, isForCall: terms.isForCall)
                }
            }
        }
    }

    package func settle(_ settlements: [Settlement]) async throws(StoreProblem) -> [SettlementResult] {
        try await writeLeases { [leases] db, changes in
            let settle = try PreparedStatement(LeaseStatements.settle, in: db)
            var reasons: [(place: Place, reason: String?)] = []
            var attempts: [(place: Place, record: AttemptRecord)] = []
            var results: [SettlementResult] = []
            for (settlement, standing) in zip(settlements, leases.standings(of: settlements.lazy.map(\.lease))) {
                let lease = settlement.lease
                guard standing == .held else {
                    if standing == .orphaned { changes.withdraw(lease.place.rawValue, from: lease.id) }
                    results.append(.refused)
                    continue
                }
                let user = ScheduleRow(settlement.user)
                guard try settle.run(user, lease.id, lease.place, settlement.revision) == 1 else {
                    results.append(try Self.unsettled(lease, in: db))
                    continue
                }
                changes.settle(lease, due: settlement.user.state.due)
                reasons.append((lease.place, settlement.user.record.lastAttempt?.reason))
                if let attempt = settlement.attempt { attempts.append((lease.place, attempt)) }
                results.append(.settled)
            }
            try ReasonWriter(db).write(reasons)
            try HistoryWriter(db).write(attempts)
            return results
        }
    }

    /// Why a settlement found no row to write.
    private static func unsettled(_ lease: Lease, in db: Database) throws -> SettlementResult {
        let current = try PreparedStatement(LeaseStatements.selectSettled, in: db).first(lease.place) {
            (stored: try StoredUser($0), settled: $0.integer(StoredUser.columnCount))
        }
        // The user was removed, or the batch settles the lease twice.
        guard let current, current.settled != lease.id else { return .refused }
        return .changed(current.stored.user, revision: current.stored.revision)
    }

    package func release(_ released: [Lease]) async throws(StoreProblem) {
        guard !released.isEmpty else { return }
        try await writeLeases { [leases] _, changes in
            for (lease, standing) in zip(released, leases.standings(of: released)) where standing != .gone {
                changes.withdraw(lease.place.rawValue, from: lease.id)
            }
        }
    }
}

extension LeasableUser {
    /// Nil if no user has the place.
    static func at(_ place: Int64, in db: Database) throws -> LeasableUser? {
        try PreparedStatement(LeaseStatements.selectPlace, in: db).first(place) {
            try LeasableUser($0)
        }
    }
}

extension LeaseChanges {
    /// Leases the users that were found, as one batch.
    mutating func take(_ found: [LeasableUser], on terms: LeaseTerms, in db: Database) throws -> [LeasedUser] {
        guard !found.isEmpty else { return [] }
        let id = try lease(found.map(\.stored.user.place.rawValue), on: terms, in: db)
        return found.map { $0.leased(under: id, until: terms.until) }
    }
}

extension LeaseCursor {
    /// Reads a row that begins with the place and the due moment.
    fileprivate init(_ row: PreparedStatement.Columns) throws {
        self.init(due: try row.required(1, "due"), place: try row.required(0, "place"))
    }
}
