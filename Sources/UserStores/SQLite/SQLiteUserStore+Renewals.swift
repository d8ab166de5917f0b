import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func nextRenewal() async throws(StoreProblem) -> Timestamp? {
        try await read { db in
            try PreparedStatement(LeaseStatements.selectFirstRenewal, in: db).first { _ in
            } _: {
                $0.moment(0)
            } ?? nil
        }
    }

    package func leaseRenewals(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]
    {
        let terms = LeaseTerms(now: now, until: until, holder: holder, isForRenewal: true)
        return try await write { db in
            let found = try Self.found(LeaseStatements.selectRenewals, in: db) { values in
                values.add(now)
                values.add(limit)
            }
            return try Self.take(found, on: terms, in: db)
        }
    }

    package func write(_ renewal: RenewalRecord) async throws(StoreProblem) -> RenewalWriting {
        try await write { db in
            guard let stored = try Self.held(renewal.lease, in: db) else { return .refused }
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
        let found = try found(LeaseStatements.selectHeldTokens, in: db) { values in
            values.add(lease.place)
            values.add(lease.id)
        }
        return found.first.map {
            LeasedUser(
                lease: lease, user: $0.row.user, token: $0.token, refreshToken: $0.refreshToken,
                revision: $0.row.revision)
        }
    }
}
