package import RefreshCore
import Synchronization

extension PostgreSQLUserStore {
    package func remove(_ ids: [UserID], unlessAddedSince moment: Timestamp?) async throws(StoreProblem) -> [Removal] {
        try await changeUsers(announced: false, changesDue: false) { session in
            // From here on no user is leased or settled: users added at these places later have no lease.
            _ = try session.run([BatchStatements.lockClaims, Self.lockBatches(of: ids)])
            let stored = try UserStatements.users(ids, session).mapValues(\.user)
            var places = Set<Int64>()
            let removals = ids.map { id -> Removal in
                guard let user = stored[id], !places.contains(user.place.rawValue) else { return .noSuchUser }
                // A first token that was issued at that moment or later came with the user.
                if let moment, user.tokenVersion == 1, user.renewal.issuedAt ?? .epoch >= moment { return .kept }
                places.insert(user.place.rawValue)
                return .removed
            }
            guard !places.isEmpty else { return removals }
            _ = try session.run(Self.removing(places.sorted()))
            return removals
        }
    }

    /// Locks the batches before the users themselves, as settlements do.
    private static func lockBatches(of ids: [UserID]) -> Statement {
        Statement(
            """
            SELECT FROM bankrefreshd.batches WHERE id IN (
                SELECT b.id FROM bankrefreshd.batches b CROSS JOIN unnest(b.places) p
                WHERE p IN (SELECT place FROM bankrefreshd.users WHERE id = ANY ($1::text[]))) ORDER BY id FOR UPDATE
            """, .texts(ids.map(\.rawValue)))
    }

    /// Removes the users at these places from all tables.
    private static func removing(_ places: [Int64]) -> [Statement] {
        let parameter = Parameter.int8s(places)
        return [
            Statement(
                """
                UPDATE bankrefreshd.batches
                SET places = ARRAY(SELECT p FROM unnest(places) p WHERE p NOT IN (SELECT unnest($1::int8[])))
                WHERE id IN (SELECT b.id FROM bankrefreshd.batches b CROSS JOIN unnest(b.places) p
                    WHERE p = ANY ($1::int8[]))
                """, parameter),
            Statement("DELETE FROM bankrefreshd.batches WHERE places = '{}'"),
        ]
            + ["attempts", "reasons", "schedule", "users"].map { table in
                Statement("DELETE FROM bankrefreshd.\(table) WHERE place = ANY ($1::int8[])", parameter)
            }
    }

    /// Does nothing: no statement reaches what the server keeps of deleted rows.
    ///
    /// It stays in the server's pages, logs, standbys and backups until the server overwrites it. Only forgetting the
    /// key erases tokens.
    package func sweep() async throws(StoreProblem) {}

    package func rename(
        _ id: UserID, to row: NewUser, moved: @escaping @Sendable (User) -> User
    ) async throws(StoreProblem) -> Result<User, RenameRefusal> {
        let home = placing(row.id)
        let tokens = [row.token, row.refreshToken].compactMap(\.self)
        return try await changeUsers(storing: tokens) { session in
            // From here on the user cannot be leased.
            _ = try session.run([BatchStatements.lockClaims, Self.lockBatches(of: [id])])
            let stored = try UserStatements.users([id, row.id], session)
            guard let old = stored[id] else { return .failure(.noSuchUser) }
            if stored[row.id] != nil { return .failure(.taken) }
            let lease = try session.run([
                Statement(
                    """
                    SELECT max(until_at) FROM bankrefreshd.batches WHERE $1 = ANY (places)
                        AND id <> (SELECT last_batch FROM bankrefreshd.schedule WHERE place = $1)
                    """, .int8(old.user.place.rawValue))
            ])[0].first?.moment(0)
            if let lease { return .failure(.inFlight(until: lease)) }
            if let basis = row.basis, basis != old.user.tokenVersion { return .failure(.superseded) }
            var places = try PlaceFinder([home], session)
            let place = try places.take(from: home)
            let user = old.user.renamed(to: row.id, at: place, moved)
            try UserStatements.insert(
                [
                    UserStatements.Change(
                        user: user, revisions: old.revision + 1, tokens: (row.token, row.refreshToken))
                ], session)
            _ = try session.run([
                Statement(
                    "UPDATE bankrefreshd.attempts SET place = $1 WHERE place = $2", .int8(place.rawValue),
                    .int8(old.user.place.rawValue))
            ])
            _ = try session.run(Self.removing([old.user.place.rawValue]))
            return .success(user)
        }
    }
}
