import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func nextDue() async throws(StoreProblem) -> Timestamp? {
        try await read { db in try Self.firstDue(in: db) }
    }

    static func firstDue(in db: Database) throws -> Timestamp? {
        try PreparedStatement(LeaseStatements.selectFirstDue, in: db).first { _ in
        } _: {
            $0.moment(0)
        } ?? nil
    }

    package func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        let terms = LeaseTerms(now: now, until: until, holder: holder)
        return try await write { db in
            let due = { (values: inout PreparedStatement.Values) in
                values.add(now)
                values.add(limit)
            }
            let found = try Self.found(LeaseStatements.selectDue, in: db, due)
            guard found.count >= LeaseStatements.fewestAtOnce else { return try Self.take(found, on: terms, in: db) }
            let taken = try PreparedStatement(LeaseStatements.takeDue, in: db).run { values in
                terms.add(to: &values)
                due(&values)
            }
            guard taken == found.count else { throw DamagedStore(what: "others were leased than were found") }
            return found.map { $0.leased(on: terms) }
        }
    }

    package func leaseProbes(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser] {
        let terms = LeaseTerms(now: now, until: until, holder: holder)
        return try await write { db in
            let found = try Self.found(LeaseStatements.selectProbes, in: db) { values in
                values.add(now)
                values.add(limit)
            }
            return try Self.take(found, on: terms, in: db)
        }
    }

    package func lease(
        _ id: UserID,
        now: Timestamp,
        until: Timestamp
    ) async throws(StoreProblem) -> Result<LeasedUser, LeaseRefusal> {
        let terms = LeaseTerms(now: now, until: until, holder: holder)
        return try await write { db in
            let found = try Self.found(LeaseStatements.selectOne, in: db) { $0.add(id.rawValue) }
            guard let one = found.first else { return .failure(.noSuchUser) }
            if one.row.leaseID != nil {
                return .failure(.inFlight(until: try UserRow.required(one.row.leaseUntil, "lease_until")))
            }
            return .success(try Self.take(found, on: terms, in: db)[0])
        }
    }

    package func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem)
        -> [RecoveredLease]
    {
        let terms = LeaseTerms(now: now, until: until, holder: holder)
        return try await write { [holder] db in
            let found = try Self.found(LeaseStatements.selectLost, in: db) { values in
                values.add(holder)
                values.add(limit)
            }
            let leased = try Self.take(found, on: terms, in: db)
            return try zip(found, leased).map { found, leased in
                RecoveredLease(
                    leased: leased,
                    leasedAt: try UserRow.required(found.row.leasedAt, "leased_at"),
                    isForCall: found.row.isForCall
                )
            }
        }
    }

    package func settle(_ settlements: [Settlement]) async throws(StoreProblem) -> [SettlementResult] {
        try await write { db in
            let settle = try PreparedStatement(LeaseStatements.settle, in: db)
            var reasons: [(place: Place, reason: String?)] = []
            var attempts: [(place: Place, record: AttemptRecord)] = []
            let results: [SettlementResult] = try settlements.map { settlement in
                let lease = settlement.lease
                let changed = try settle.run { values in
                    ScheduleRow.add(settlement.user, to: &values)
                    values.add(lease.place)
                    values.add(lease.id)
                    values.add(settlement.revision)
                }
                guard changed == 1 else { return try Self.unsettled(lease, in: db) }
                reasons.append((lease.place, settlement.user.record.lastAttempt?.reason))
                if let attempt = settlement.attempt { attempts.append((lease.place, attempt)) }
                return .settled
            }
            try ReasonWriter(db).write(reasons)
            try HistoryWriter(db).write(attempts)
            return results
        }
    }

    package func release(_ leases: [Lease]) async throws(StoreProblem) {
        try await write { db in
            let release = try PreparedStatement(LeaseStatements.release, in: db)
            for lease in leases {
                try release.run { values in
                    values.add(lease.place)
                    values.add(lease.id)
                }
            }
        }
    }

    // MARK: Parts

    struct Found {
        let row: UserRow
        let token: SealedToken
        let refreshToken: SealedToken?

        func leased(on terms: LeaseTerms) -> LeasedUser {
            LeasedUser(
                lease: terms.lease(at: row.user.place), user: row.user, token: token, refreshToken: refreshToken,
                revision: row.revision)
        }
    }

    static func found(
        _ sql: String,
        in db: Database,
        _ bind: (inout PreparedStatement.Values) -> Void
    ) throws -> [Found] {
        try PreparedStatement(sql, in: db).all(bind) { columns in
            let token = try UserRow.required(columns.bytes(UserRow.columnCount), "token")
            let refreshToken = columns.bytes(UserRow.columnCount + 1).map(SealedToken.init(bytes:))
            return Found(row: try UserRow(columns), token: SealedToken(bytes: token), refreshToken: refreshToken)
        }
    }

    static func take(_ found: [Found], on terms: LeaseTerms, in db: Database) throws -> [LeasedUser] {
        let take = try PreparedStatement(LeaseStatements.take, in: db)
        return try found.map { found in
            try take.run { values in
                terms.add(to: &values)
                values.add(found.row.user.place)
            }
            return found.leased(on: terms)
        }
    }

    /// Why a settlement found nothing to write.
    private static func unsettled(_ lease: Lease, in db: Database) throws -> SettlementResult {
        let current = try PreparedStatement(LeaseStatements.selectHeld, in: db).first {
            $0.add(lease.place)
            $0.add(lease.id)
        } _: {
            try UserRow($0)
        }
        guard let current else { return .refused }
        return .changed(current.user, revision: current.revision)
    }
}
