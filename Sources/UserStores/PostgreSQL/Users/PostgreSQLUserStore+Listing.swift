package import RefreshCore

extension PostgreSQLUserStore {
    private static let users = "SELECT \(StoredUser.columns) FROM bankrefreshd.users u \(StoredUser.joins)"

    private static func users(_ rows: Rows) throws -> [User] { try rows.map { try StoredUser($0).user } }

    package func user(_ id: UserID) async throws(StoreProblem) -> User? {
        try await read(Statement(Self.users + " WHERE u.id = $1", .text(id.rawValue))) { try Self.users($0).first }
    }

    package func users(matching filter: UserFilter, after: UserID?, limit: Int) async throws(StoreProblem) -> [User] {
        // No id is empty, so all ids come after the empty one.
        let statement = Statement(
            Self.users + " WHERE u.id > $1 AND \(UserFilter.condition(from: 3)) ORDER BY u.id LIMIT $2::int8",
            parameters: [.text(after?.rawValue ?? ""), .int8(limit)] + filter.parameters)
        return try await read(statement, Self.users)
    }

    package func ids(after: UserID?, limit: Int) async throws(StoreProblem) -> [UserID] {
        let statement = Statement(
            "SELECT id FROM bankrefreshd.users WHERE id > $1 ORDER BY id LIMIT $2", .text(after?.rawValue ?? ""),
            .int8(limit))
        return try await read(statement) { rows in try rows.map { try StoredUser.id($0, 0) } }
    }

    package func users(matching filter: UserFilter, by order: UserOrder, limit: Int) async throws(StoreProblem)
        -> [User]
    {
        guard limit > 0 else { return [] }
        let statement = Statement(
            Self.users + " WHERE \(UserFilter.condition(from: 2)) ORDER BY \(Self.key(order)), u.id LIMIT $1::int8",
            parameters: [.int8(limit)] + filter.parameters)
        return try await read(statement, Self.users)
    }

    /// The SQL equivalent of `UserOrder.key`.
    private static func key(_ order: UserOrder) -> String {
        switch order {
        case .due: "coalesce(s.due, \(Int64.max))"
        // As a literal, the lowest number would be parsed as a number that is too large, negated.
        case .lastSuccess: "coalesce(s.last_success, -\(Int64.max) - 1)"
        case .failures: "-s.failures"
        case .expiry: "coalesce(u.token_expires_at, \(Int64.max))"
        }
    }

    package func tokens(of ids: [UserID]) async throws(StoreProblem) -> [StoredToken?] {
        var found: [UserID: StoredToken] = [:]
        for start in stride(from: 0, to: ids.count, by: Self.tokensAtOnce) {
            let part = ids[start..<min(start + Self.tokensAtOnce, ids.count)]
            let statement = Statement(
                """
                SELECT id, token, refresh_token, token_version, token_expires_at, group_name, token_issued_at
                FROM bankrefreshd.users WHERE id = ANY ($1::text[])
                """, .texts(part.map(\.rawValue)))
            let tokens = try await read(statement, limits: .named) { rows in
                try rows.map { (id: try StoredUser.id($0, 0), token: try Self.token($0)) }
            }
            for (id, token) in tokens { found[id] = token }
        }
        return ids.map { found[$0] }
    }

    /// Tokens per batch, after which other work gets the connection.
    private static let tokensAtOnce = 5_000

    private static func token(_ row: Rows.Row) throws -> StoredToken {
        StoredToken(
            access: SealedToken(bytes: try DamagedStore.required(row.bytes(1), "token")),
            refresh: row.bytes(2).map(SealedToken.init(bytes:)),
            version: try DamagedStore.required(row.integer(3), "token_version"), expiresAt: row.moment(4),
            group: try row.text(5).map { try DamagedStore.required(GroupName($0), "proper group name") },
            issuedAt: row.moment(6))
    }

    package func groupSizes() async throws(StoreProblem) -> [GroupSize] {
        try await read(FigureQuestions.groups) { try FigureQuestions.groups($0) }
    }
}

extension UserFilter {
    /// A condition on users `u` and their schedule `s`; takes six parameters, numbered from `first`.
    fileprivate static func condition(from first: Int) -> String {
        let (state, reason, outcome, group, success, expiry) = (
            "$\(first)::int2", "$\(first + 1)::int2", "$\(first + 2)::int2", "$\(first + 3)::text",
            "$\(first + 4)::int8", "$\(first + 5)::int8"
        )
        return """
            (\(state) IS NULL OR s.state = \(state)) AND (\(reason) IS NULL OR s.park_reason = \(reason))
            AND (\(outcome) IS NULL OR s.attempt_outcome = \(outcome))
            AND (\(group) IS NULL OR u.group_name = \(group))
            AND (\(success) IS NULL OR coalesce(s.last_success, s.failing_since, s.slot) < \(success))
            AND (\(expiry) IS NULL OR u.token_expires_at < \(expiry))
            """
    }

    fileprivate var parameters: [Parameter] {
        [
            .int2((state?.storeCode).map(Int16.init(clamping:))),
            .int2((parkReason?.storeCode).map(Int16.init(clamping:))),
            .int2((outcome?.storeCode).map(Int16.init(clamping:))), .text(group?.rawValue),
            .int8(notRefreshedSince), .int8(expiringBefore),
        ]
    }
}
