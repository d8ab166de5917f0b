package import RefreshCore

/// The ids of all users, in order.
///
/// A page shorter than the limit is the last.
package struct ListIDs: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case after, limit }

    package static let name = "list-ids"

    /// The last id of the previous page.
    package let after: UserID?
    /// From 1 to 10,000; 1,000 by default.
    package let limit: Int?

    /// `limit` is 1 to 10,000.
    package init(after: UserID?, limit: Int? = nil) {
        self.after = after
        self.limit = limit
    }

    package func validate() throws(FieldProblem) {
        try FieldProblem.check(limit, within: 1...10_000, field: "limit")
    }

    package func run(with store: StoreContext) async throws -> [UserID] {
        try await store.store.ids(after: after, limit: limit ?? UserQuery.usualLimit)
    }
}
