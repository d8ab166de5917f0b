package import RefreshCore

/// Everything that is stored about users, except their tokens, in the order of ids, one user per line.
///
/// A page of fewer lines than the limit is the last.
package struct ExportLines: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case after, limit }

    package static let name = "export-lines"
    package static let patience = Duration.minutes(10)

    /// The last id of the previous page.
    package let after: UserID?
    /// From 1 to 100,000; 1,000 by default.
    package let limit: Int?

    /// `limit` is 1 to 100,000.
    package init(after: UserID?, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    package func validate() throws(FieldProblem) {
        try FieldProblem.check(limit, within: 1...LinesAnswer.longest, field: "limit")
    }

    package func run(with store: StoreContext) async throws -> LinesAnswer {
        LinesAnswer(
            try await store.store.lines(
                matching: UserFilter(), after: after, limit: limit ?? UserQuery.usualLimit, histories: true
            ) { user, history in
                var line = JSONLines(reserving: 512)
                UserExport(user, history: history).addLine(to: &line)
                return line.bytes
            })
    }
}
