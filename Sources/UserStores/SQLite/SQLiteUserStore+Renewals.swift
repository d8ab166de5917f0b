import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func nextRenewal() async throws(StoreProblem) -> Timestamp? {
        try await read { [leases] db in
            var first: Timestamp?
            try PreparedStatement(LeaseStatements.selectFirstRenewal, in: db).read { row in
                if leases.isLeased(try row.required(0, "place")) { return true }
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
            var found: [LeasableUser] = []
            try PreparedStatement(LeaseStatements.selectRenewals, in: db).read(now) { row in
                if !leases.isLeased(try row.required(0, "place")) { found.append(try LeasableUser(row)) }
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
            try PreparedStatement(LeaseStatements.writeRenewal, in: db).run(renewal.renewal, renewal.lease.place)
            if let tokens = renewal.tokens {
                try PreparedStatement(LeaseStatements.writeTokens, in: db).run(
                    tokens.access.bytes, tokens.refresh?.bytes, tokens.expiresAt, renewal.lease.place)
            }
            guard let written = try Self.held(renewal.lease, in: db) else { return .refused }
            return .written(written)
        }
    }

    package func firstToExpire(limit: Int) async throws(StoreProblem) -> [User] {
        try await read { db in
            let statement = try PreparedStatement(
                """
                SELECT \(StoredUser.columns) FROM users u INDEXED BY users_by_expiry \(StoredUser.besideUsers)
                WHERE u.token_expires_at IS NOT NULL ORDER BY u.token_expires_at LIMIT ?
                """, in: db)
            return try statement.all(limit) {
                try StoredUser($0).user
            }
        }
    }

    private static func held(_ lease: Lease, in db: Database) throws -> LeasedUser? {
        try LeasableUser.at(lease.place.rawValue, in: db)?.leased(under: lease.id, until: lease.until)
    }
}
