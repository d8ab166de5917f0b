package import RefreshCore

/// As `list-users` in the order of ids, one report per line; for long lists.
package struct ListUserLines: UserListing {
    package static let name = "list-user-lines"

    package let query: UserQuery

    package init(_ query: UserQuery) {
        self.query = query
    }

    package func validate() throws(FieldProblem) {
        try query.validate()
        guard query.order == nil else { throw FieldProblem(field: "sort", "lines come in the order of ids alone") }
    }

    package func run(with store: StoreContext) async throws -> LinesAnswer {
        let users = try await store.page(of: query)
        var lines = JSONLines(reserving: users.count * 256)
        for user in users { UserReport(user).addLine(to: &lines) }
        return LinesAnswer(lines.bytes)
    }
}
