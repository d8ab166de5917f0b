package import RefreshCore

extension PostgreSQLUserStore {
    private static let users = "SELECT \(StoredUser.columns) FROM bankrefreshd.users u \(StoredUser.joins)"

    private static func users(_ rows: Rows) throws -> [User] { try rows.map { try StoredUser($0).user } }

    package func user(_ id: UserID) async throws(StoreProblem) -> User? {
        try await read(Statement(Self.users + " WHERE u.id = $1", .text(id.rawValue))) { try Self.users($0).first }
    }

    package func users(matching filter: UserFilter, after: UserID?, limit: Int) async throws(StoreProblem) -> [User] {
        let condition = UserFilter.condition { "$\($0 + 3)::\($1)" }
        // No id is empty, so all ids come after the empty one.
        let statement = Statement(
            Self.users + " WHERE u.id > $1 AND \(condition) ORDER BY u.id LIMIT $2::int8",
            parameters: [.text(after?.rawValue ?? ""), .int8(limit)] + filter.parameters)
        return try await read(statement, Self.users)
    }

    package func ids(after: UserID?, limit: Int) async throws(StoreProblem) -> [UserID] {
        let statement = Statement(
            "SELECT id FROM bankrefreshd.users WHERE id > $1 ORDER BY id LIMIT $2", .text(after?.rawValue ?? ""),
            .int8(limit))
        return try await read(statement) { rows in try rows.map { try $0.id(0) } }
    }

    package func users(matching filter: UserFilter, by order: UserOrder, limit: Int) async throws(StoreProblem)
        -> [User]
    {
        guard limit > 0 else { return [] }
        let condition = UserFilter.condition { "$\($0 + 2)::\($1)" }
        let statement = Statement(
            Self.users + " WHERE \(condition) ORDER BY \(order.expression), u.id LIMIT $1::int8",
            parameters: [.int8(limit)] + filter.parameters)
        return try await read(statement, Self.users)
    }

    package func tokens(of ids: [UserID]) async throws(StoreProblem) -> [StoredToken?] {
        var found: [UserID: StoredToken] = [:]
        for start in stride(from: 0, to: ids.count, by: Self.tokensAtOnce) {
            let part = ids[start..<min(start + Self.tokensAtOnce, ids.count)]
            let statement = Statement(
                "SELECT \(StoredToken.columns) FROM bankrefreshd.users WHERE id = ANY ($1::text[])",
                .texts(part.map(\.rawValue)))
            let tokens = try await read(statement, limits: .named) { rows in
                try rows.map { (id: try $0.id(0), token: try StoredToken($0)) }
            }
            for (id, token) in tokens { found[id] = token }
        }
        return ids.map { found[$0] }
    }

    /// Tokens per batch, after which other work gets the connection.
    private static let tokensAtOnce = 5_000

    package func groupSizes() async throws(StoreProblem) -> [GroupSize] {
        try await read(FigureQuestions.groups) { rows in try rows.map { try GroupSize($0) } }
    }
}

extension UserFilter {
    /// Those of `condition`.
    fileprivate var parameters: [Parameter] {
        [
            .code(state), .code(parkReason), .code(outcome), .text(group?.rawValue), .int8(notRefreshedSince),
            .int8(expiringBefore),
        ]
    }
}
