import RefreshCore

/// Lists as text, as they are passed on.
extension UserOperations {
    /// As `list` in the order of ids: reports as JSON, one a line.
    func lines(_ query: UserQuery) async throws -> [UInt8] {
        guard query.order == nil else { throw OperationProblem.badRequest("lines come in the order of ids alone") }
        let users = try await store.users(matching: try filter(query), after: try after(query), limit: query.limit)
        var lines = JSONLines(reserving: users.count * 256)
        for user in users { UserReport(user).addLine(to: &lines) }
        return lines.bytes
    }

    /// As `export`, one a line.
    func exportLines(after: UserID?, limit: Int) async throws -> [UInt8] {
        let (users, histories) = try await page(after: after, limit: limit)
        var lines = JSONLines(reserving: users.count * 512)
        for (user, history) in zip(users, histories) { UserExport(user, history: history).addLine(to: &lines) }
        return lines.bytes
    }

    func export(after: UserID?, limit: Int) async throws -> [UserExport] {
        let (users, histories) = try await page(after: after, limit: limit)
        return zip(users, histories).map { UserExport($0, history: $1) }
    }

    private func page(after: UserID?, limit: Int) async throws -> ([User], [[AttemptRecord]]) {
        guard (1...10_000).contains(limit) else {
            throw OperationProblem.badRequest("limit is \(limit); it must be 1 to 10000")
        }
        let users = try await store.users(matching: UserFilter(), after: after, limit: limit)
        return (users, try await store.histories(of: users))
    }
}
