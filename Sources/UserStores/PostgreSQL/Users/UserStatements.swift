import RefreshCore

/// Reads and writes whole users within a transaction, many with each statement.
enum UserStatements {
    /// Selects the users and locks them against other changes and settlements.
    static func held(_ condition: String, _ parameters: Parameter...) -> Statement {
        Statement(
            """
            SELECT \(StoredUser.columns) FROM bankrefreshd.users u \(StoredUser.joins)
            WHERE \(condition) ORDER BY u.place FOR UPDATE OF u, s
            """, parameters: parameters)
    }

    static func users(_ ids: [UserID], _ session: Session) throws -> [UserID: StoredUser] {
        let rows = try session.run([held("u.id = ANY ($1::text[])", .texts(ids.map(\.rawValue)))])[0]
        return Dictionary(try rows.map { try StoredUser($0) }.map { ($0.user.id, $0) }) { first, _ in first }
    }

    /// A user as it is to be written.
    struct Change {
        let user: User
        /// How much its revision rises; for a new user from 0.
        var revisions: Int64 = 1
        /// Nil to keep the stored tokens.
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
        var arrays = ArrayColumns()
        arrays.add(UserRow.columns, of: users)
        arrays.add("group_name", "text", .texts(users.map(\.group?.rawValue)))
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
                    UPDATE bankrefreshd.users t SET \(UserRow.assignments), group_name = u.group_name,
                        token = coalesce(u.token, t.token),
                        refresh_token = CASE WHEN u.token IS NULL THEN t.refresh_token ELSE u.refresh_token END
                    FROM \(arrays.table) WHERE t.place = u.place
                    """, parameters: arrays.all),
            ] + reasons(users))
    }

    /// Inserts new users with COPY, which takes less of the server's time than arrays.
    static func insert(_ additions: [Change], _ session: Session) throws {
        guard !additions.isEmpty else { return }
        // In the order of places, so that neighbours share pages.
        let additions = additions.sorted { $0.user.place < $1.user.place }
        _ = try session.copy(Self.scheduleCopy, additions) { addition, rows in
            rows.begin(fields: ScheduleRow.columns.count + 2)
            rows.add(addition.user.place.rawValue)
            rows.add(addition.revisions)
            for column in ScheduleRow.columns { rows.add(column.value(addition.user), column.width) }
        }
        _ = try session.copy(Self.usersCopy, additions) { addition, rows in
            rows.begin(fields: UserRow.columns.count + 4)
            for column in UserRow.columns { rows.add(column.value(addition.user), column.width) }
            rows.add(addition.user.group?.rawValue)
            rows.add(addition.user.id.rawValue)
            rows.add(addition.tokens?.access.bytes)
            rows.add(addition.tokens?.refresh?.bytes)
        }
        let failed = additions.map(\.user).filter { $0.record.lastAttempt?.reason != nil }
        if !failed.isEmpty { _ = try session.run(reasons(failed)) }
    }

    private static let scheduleCopy = """
        COPY bankrefreshd.schedule (place, revision, \(ScheduleRow.names)) FROM STDIN (FORMAT binary)
        """
    private static let usersCopy = """
        COPY bankrefreshd.users (\(UserRow.names), group_name, id, token, refresh_token) FROM STDIN (FORMAT binary)
        """

    /// Keeps a row for each failure text, and none for users without one.
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
