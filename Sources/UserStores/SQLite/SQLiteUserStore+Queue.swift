import FoundationEssentials
import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func nextDue() async throws -> Timestamp? {
        try await read { db in try Self.firstDue(in: db) }
    }

    static func firstDue(in db: Database) throws -> Timestamp? {
        let statement = try db.cachedStatement(
            sql: """
                SELECT due FROM schedule INDEXED BY schedule_free_by_due
                WHERE lease_id IS NULL AND due IS NOT NULL ORDER BY due LIMIT 1
                """
        )
        return UserRow.moment(try Int64.fetchOne(statement))
    }

    package func leaseDue(now: Timestamp, until: Timestamp, limit: Int) async throws -> [LeasedUser] {
        try await write { [holder] db in
            let due = try db.cachedStatement(sql: LeaseStatements.selectDue)
            let found = try Self.fetch(due, [now.microsecondsSinceEpoch, limit])
            return try Self.take(found, now: now, until: until, holder: holder, in: db)
        }
    }

    package func lease(
        _ id: UserID,
        now: Timestamp,
        until: Timestamp
    ) async throws -> Result<LeasedUser, LeaseRefusal> {
        try await write { [holder] db in
            let one = try db.cachedStatement(sql: LeaseStatements.selectOne)
            guard let found = try Self.fetch(one, [id.rawValue]).first else { return .failure(.noSuchUser) }
            if found.row.leaseID != nil {
                return .failure(.inFlight(until: try UserRow.required(found.row.leaseUntil, "lease_until")))
            }
            let leased = try Self.take([found], now: now, until: until, holder: holder, in: db)
            return .success(leased[0])
        }
    }

    package func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws -> [RecoveredLease] {
        try await write { [holder] db in
            let lost = try db.cachedStatement(sql: LeaseStatements.selectLost)
            let found = try Self.fetch(lost, [holder, limit])
            let leased = try Self.take(found, now: now, until: until, holder: holder, in: db)
            return try zip(found, leased).map { found, leased in
                RecoveredLease(
                    leased: leased,
                    leasedAt: try UserRow.required(found.row.leasedAt, "leased_at")
                )
            }
        }
    }

    package func settle(_ settlements: [Settlement]) async throws -> [SettlementResult] {
        try await write { db in
            let settle = try db.cachedStatement(sql: LeaseStatements.settle)
            let reasons = try ReasonWriter(db)
            return try settlements.map { settlement in
                let lease = settlement.lease
                var values = ScheduleRow.values(settlement.user)
                values += [lease.place.rawValue, lease.id, settlement.revision]
                settle.setUncheckedArguments(StatementArguments(values))
                try settle.execute()
                guard db.changesCount == 1 else { return try Self.unsettled(lease, in: db) }
                try reasons.write(settlement.user.record.lastAttempt?.reason, at: lease.place)
                return .settled
            }
        }
    }

    package func release(_ leases: [Lease]) async throws {
        try await write { db in
            let release = try db.cachedStatement(sql: LeaseStatements.release)
            for lease in leases {
                try release.execute(arguments: [lease.place.rawValue, lease.id])
            }
        }
    }

    // MARK: Parts

    private struct Found {
        let row: UserRow
        let token: SealedToken
    }

    private static func fetch(_ statement: Statement, _ arguments: StatementArguments) throws -> [Found] {
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var found: [Found] = []
        while let row = try rows.next() {
            let token: Data? = row[UserRow.columnCount]
            let bytes = [UInt8](try UserRow.required(token, "token"))
            found.append(Found(row: try UserRow(row), token: SealedToken(bytes: bytes)))
        }
        return found
    }

    private static func take(
        _ found: [Found],
        now: Timestamp,
        until: Timestamp,
        holder: Int64,
        in db: Database
    ) throws -> [LeasedUser] {
        let take = try db.cachedStatement(sql: LeaseStatements.take)
        return try found.map { found in
            let place = found.row.user.place
            let lease = Lease(id: .random(in: .min ... .max), place: place, until: until)
            take.setUncheckedArguments([
                lease.id, until.microsecondsSinceEpoch, now.microsecondsSinceEpoch, holder, place.rawValue,
            ])
            try take.execute()
            return LeasedUser(
                lease: lease,
                user: found.row.user,
                token: found.token,
                revision: found.row.revision
            )
        }
    }

    /// Why a settlement found nothing to write.
    private static func unsettled(_ lease: Lease, in db: Database) throws -> SettlementResult {
        let held = try db.cachedStatement(sql: LeaseStatements.selectHeld)
        guard let row = try Row.fetchOne(held, arguments: [lease.place.rawValue, lease.id]) else {
            return .refused
        }
        let current = try UserRow(row)
        return .changed(current.user, revision: current.revision)
    }
}
