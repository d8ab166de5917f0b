package import RefreshCore
import Synchronization

extension PostgreSQLUserStore {
    package func nextRenewal() async throws(StoreProblem) -> Timestamp? {
        let first = Statement(
            """
            SELECT renew_at FROM bankrefreshd.users WHERE renew_at IS NOT NULL AND place NOT IN \(Self.held)
            ORDER BY renew_at LIMIT 1
            """)
        let free = try await read(first, limits: .queue) { $0.first?.moment(0) }
        return [free, batches.withLock { $0.firstRenewal }].compactMap(\.self).min()
    }

    package func leaseRenewals(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem) -> [LeasedUser]
    {
        try await claims(limit: limit) { [self] limit throws(StoreProblem) in
            let claim = Claim(terms: claimTerms(now), now: now, until: until, purpose: .renewal)
            let places = Statement(
                """
                SELECT u.place FROM bankrefreshd.users u
                WHERE \(claim.terms.renewals) AND u.renew_at <= $6::int8 AND u.place NOT IN \(Self.held)
                ORDER BY u.renew_at LIMIT $7::int8
                """, .int8(now), .int8(limit))
            return try await run(claim, places).leased
        }
    }

    package func write(_ renewal: RenewalRecord) async throws(StoreProblem) -> RenewalWriting {
        let (lease, member) = (renewal.lease, member)
        let lock = Statement(
            "SELECT FROM bankrefreshd.batches WHERE id = $1 AND member = $2 FOR SHARE", .int8(lease.id),
            .int8(member))
        let isHeld = """
            EXISTS (SELECT FROM bankrefreshd.batches b JOIN bankrefreshd.schedule s ON s.place = $1
                WHERE b.id = $2 AND b.member = $3 AND $1 = ANY (b.places) AND s.last_batch <> b.id)
            """
        let key: [Parameter] = [.int8(lease.place.rawValue), .int8(lease.id), .int8(member)]
        let tokens = renewal.tokens
        let update = Statement(
            """
            UPDATE bankrefreshd.users SET token_issued_at = $5, renew_at = $6, renewal_failures = $7,
                token = coalesce($8::bytea, token),
                refresh_token = CASE WHEN $8::bytea IS NULL THEN refresh_token ELSE coalesce($9::bytea, refresh_token) END,
                token_expires_at = CASE WHEN $8::bytea IS NULL THEN token_expires_at ELSE $10::int8 END,
                token_version = token_version + CASE WHEN $8::bytea IS NULL THEN 0 ELSE 1 END
            WHERE place = $1 AND token_version = $4 AND \(isHeld)
            """,
            parameters: key + [
                .int8(renewal.tokenVersion), .int8(renewal.renewal.issuedAt), .int8(renewal.renewal.due),
                .int8(renewal.renewal.failures), .bytea(tokens?.access.bytes), .bytea(tokens?.refresh?.bytes),
                .int8(tokens?.expiresAt),
            ])
        let select = Statement(
            """
            SELECT \(LeasableUser.columns) FROM bankrefreshd.users u \(StoredUser.joins)
            WHERE u.place = $1 AND \(isHeld)
            """, parameters: key)
        return try await perform(.queue) { session in
            let rows = try session.write([lock, update, select], limits: .queue)
            guard let row = rows[2].first else { return .refused }
            let stored = try LeasableUser(row).leased(under: lease.id, until: lease.until)
            return rows[1].affected == 1 ? .written(stored) : .superseded(stored)
        }
    }

    package func firstToExpire(limit: Int) async throws(StoreProblem) -> [User] {
        let first = Statement(
            """
            SELECT \(StoredUser.columns) FROM bankrefreshd.users u \(StoredUser.joins)
            WHERE u.token_expires_at IS NOT NULL ORDER BY u.token_expires_at LIMIT $1
            """, .int8(limit))
        return try await read(first) { rows in try rows.map { try StoredUser($0).user } }
    }
}
