package import RefreshCore

/// As `list-users` in the order of ids, one report per line; for long lists.
package struct ListUserLines: UserListing {
    package static let name = "list-user-lines"

    package let query: UserQuery

    package init(_ query: UserQuery) {
        self.query = query
    }

    package func validate() throws(FieldProblem) {
        try query.validate(longest: LinesAnswer.longest)
        guard query.order == nil else { throw FieldProblem(field: "sort", "lines come in the order of ids alone") }
    }

    package func run(with store: StoreContext) async throws -> LinesAnswer {
        let lines = try await store.store.lines(
            matching: query.filter, after: query.after, limit: query.limit ?? UserQuery.usualLimit, histories: false
        ) { user, _ in
            var line = JSONLines(reserving: 256)
            UserReport(user).addLine(to: &line)
            return line.bytes
        }
        return LinesAnswer(lines.flatMap(\.self))
    }
}
