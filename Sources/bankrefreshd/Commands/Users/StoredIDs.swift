import RefreshCore
import RefreshDaemon

/// The ids of all stored users, in their order, page by page.
struct StoredIDs {
    private static let page = 10_000

    private let operations: any OperationPerforming
    private var last: UserID?
    private var isAtEnd = false

    init(_ operations: any OperationPerforming) {
        self.operations = operations
    }

    /// Nil after the last page.
    mutating func next() async throws -> [UserID]? {
        guard !isAtEnd else { return nil }
        let ids = try await operations.perform(ListIDs(after: last, limit: Self.page))
        isAtEnd = ids.count < Self.page
        last = ids.last
        return ids
    }
}
