import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func nextRenewal() async throws(StoreProblem) -> Timestamp? {
        try await read { [leases] db in
            var first: Timestamp?
            try PreparedStatement(LeaseStatements.selectFirstRenewal, in: db).read { _ in
            } while: { row in
                if leases.isLeased(try DamagedStore.required(row.integer(0), "place")) { return true }
                first = row.moment(1)
                return false
            }
            return first
        }
    }

    package func leaseRenewals(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]
    {
        let terms = LeaseTerms(now: now, until: until, isForCall: false)
        return try await writeLeases { [leases] db, changes in
            guard limit > 0 else { return [] }
            var found: [Found] = []
            try PreparedStatement(LeaseStatements.selectRenewals, in: db).read {
                $0.add(now)
            } while: { row in
                let place = try DamagedStore.required(row.integer(0), "place")
                if !leases.isLeased(place) { found.append(try Found(row)) }
                return found.count < limit
            }
            return try changes.take(found, on: terms, in: db)
        }
    }

    package func write(_ renewal: RenewalRecord) async throws(StoreProblem) -> RenewalWriting {
        // A renewal changes no due moment.
        try await writeLeases { [leases] db, _ in
            guard leases.standing(of: renewal.lease) == .held, let stored = try Self.held(renewal.lease, in: db)
            else { return .refused }
            guard stored.user.tokenVersion == renewal.tokenVersion else { return .superseded(stored) }
            try PreparedStatement(LeaseStatements.writeRenewal, in: db).run { values in
                UserWriter.add(renewal.renewal, to: &values)
                values.add(renewal.lease.place)
            }
            if let tokens = renewal.tokens {
                try PreparedStatement(LeaseStatements.writeTokens, in: db).run { values in
                    values.add(tokens.access.bytes)
                    values.add(tokens.refresh?.bytes)
                    values.add(tokens.expiresAt)
                    values.add(renewal.lease.place)
                }
            }
            guard let written = try Self.held(renewal.lease, in: db) else { return .refused }
            return .written(written)
        }
    }

    package func firstToExpire(limit: Int) async throws(StoreProblem) -> [User] {
        try await read { db in
            let statement = try PreparedStatement(
                """
                SELECT \(UserRow.columns)
                FROM users u INDEXED BY users_by_expiry
                CROSS JOIN schedule s ON s.place = u.place LEFT JOIN reasons r ON r.place = s.place
                WHERE u.token_expires_at IS NOT NULL ORDER BY u.token_expires_at LIMIT ?
                """, in: db)
            return try statement.all {
                $0.add(limit)
            } _: {
                try UserRow($0).user
            }
        }
    }

    private static func held(_ lease: Lease, in db: Database) throws -> LeasedUser? {
        try Found(at: lease.place.rawValue, in: db)?.leased(under: lease)
    }
}
