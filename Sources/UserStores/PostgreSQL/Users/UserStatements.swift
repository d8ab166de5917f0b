import RefreshCore

/// Reads and writes whole users within a transaction, many with each statement.
enum UserStatements {
    /// Holds the users against others that change or settle them.
    static func held(_ condition: String, _ parameters: Parameter..., limit: Int = .max) -> Statement {
        Statement(
            """
            SELECT \(StoredUser.columns) FROM bankrefreshd.users u \(StoredUser.joins)
            WHERE \(condition) ORDER BY u.place LIMIT \(limit) FOR UPDATE OF u, s
            """, parameters: parameters)
    }

    static func users(_ ids: [UserID], _ session: Session) throws -> [UserID: StoredUser] {
        let rows = try session.run([held("u.id = ANY ($1::text[])", .texts(ids.map(\.rawValue)))])[0]
        return Dictionary(try rows.map { try StoredUser($0) }.map { ($0.user.id, $0) }) { first, _ in first }
    }

    /// A stored user as it is to be written.
    struct Change {
        let user: User
        /// How much its revision rises.
        var revisions: Int64 = 1
        /// Nil where the tokens stay.
        var tokens: (access: SealedToken, refresh: SealedToken?)?
    }

    static func write(_ changes: [Change], _ session: Session) throws {
        guard !changes.isEmpty else { return }
        let changes = changes.sorted { $0.user.place < $1.user.place }
        let users = changes.map(\.user)
        var schedule = ArrayColumns()
        schedule.add("place", "int8", .int8s(users.map(\.place.rawValue)))
        schedule.add("revisions", "int8", .int8s(changes.map(\.revisions)))
        schedule.add(ScheduleRow.columns, of: users)
        var arrays = userArrays(users)
        arrays.add("token", "bytea", .byteas(changes.map { $0.tokens?.access.bytes }))
        arrays.add("refresh_token", "bytea", .byteas(changes.map { $0.tokens?.refresh?.bytes }))
        _ = try session.run(
            [
                Statement(
                    """
                    UPDATE bankrefreshd.schedule s
                    SET \(ScheduleRow.assignments), revision = s.revision + u.revisions
                    FROM \(schedule.table) WHERE s.place = u.place
                    """, parameters: schedule.all),
                Statement(
                    """
                    UPDATE bankrefreshd.users t SET group_name = u.group_name, token_version = u.token_version,
                        token_expires_at = u.token_expires_at, token_issued_at = u.token_issued_at,
                        renew_at = u.renew_at, renewal_failures = u.renewal_failures,
                        token = coalesce(u.token, t.token),
                        refresh_token = CASE WHEN u.token IS NULL THEN t.refresh_token ELSE u.refresh_token END
                    FROM \(arrays.table) WHERE t.place = u.place
                    """, parameters: arrays.all),
            ] + reasons(users))
    }

    /// A user that is not stored yet.
    struct Addition {
        let user: User
        let token: SealedToken
        let refreshToken: SealedToken?
        let revision: Int64
    }

    static func insert(_ additions: [Addition], _ session: Session) throws {
        guard !additions.isEmpty else { return }
        let additions = additions.sorted { $0.user.place < $1.user.place }
        let users = additions.map(\.user)
        var schedule = ArrayColumns()
        schedule.add("place", "int8", .int8s(users.map(\.place.rawValue)))
        schedule.add("revision", "int8", .int8s(additions.map(\.revision)))
        schedule.add(ScheduleRow.columns, of: users)
        var arrays = userArrays(users)
        arrays.add("id", "text", .texts(users.map(\.id.rawValue)))
        arrays.add("token", "bytea", .byteas(additions.map(\.token.bytes)))
        arrays.add("refresh_token", "bytea", .byteas(additions.map { $0.refreshToken?.bytes }))
        let (inSchedule, inUsers) = (schedule.names.joined(separator: ", "), arrays.names.joined(separator: ", "))
        _ = try session.run(
            [
                Statement(
                    "INSERT INTO bankrefreshd.schedule (\(inSchedule)) SELECT \(inSchedule) FROM \(schedule.table)",
                    parameters: schedule.all),
                Statement(
                    "INSERT INTO bankrefreshd.users (\(inUsers)) SELECT \(inUsers) FROM \(arrays.table)",
                    parameters: arrays.all),
            ] + reasons(users.filter { $0.record.lastAttempt?.reason != nil }))
    }

    private static func userArrays(_ users: [User]) -> ArrayColumns {
        var arrays = ArrayColumns()
        arrays.add("place", "int8", .int8s(users.map(\.place.rawValue)))
        arrays.add("group_name", "text", .texts(users.map(\.group?.rawValue)))
        arrays.add("token_version", "int8", .int8s(users.map(\.tokenVersion)))
        arrays.add("token_expires_at", "int8", .int8s(users.map { $0.tokenExpiresAt?.microsecondsSinceEpoch }))
        arrays.add("token_issued_at", "int8", .int8s(users.map { $0.renewal.issuedAt?.microsecondsSinceEpoch }))
        arrays.add("renew_at", "int8", .int8s(users.map { $0.renewal.due?.microsecondsSinceEpoch }))
        arrays.add("renewal_failures", "int8", .int8s(users.map { Int64($0.renewal.failures) }))
        return arrays
    }

    /// A row while there is the text of a failure, none otherwise.
    private static func reasons(_ users: [User]) -> [Statement] {
        guard !users.isEmpty else { return [] }
        let failed = users.filter { $0.record.lastAttempt?.reason != nil }
        let others = users.filter { $0.record.lastAttempt?.reason == nil }.map(\.place.rawValue)
        return [
            Statement(
                """
                INSERT INTO bankrefreshd.reasons (place, text) SELECT * FROM unnest($1::int8[], $2::text[])
                ON CONFLICT (place) DO UPDATE SET text = excluded.text
                """, .int8s(failed.map(\.place.rawValue)), .texts(failed.map(\.record.lastAttempt?.reason))),
            Statement("DELETE FROM bankrefreshd.reasons WHERE place = ANY ($1::int8[])", .int8s(others)),
        ]
    }
}
