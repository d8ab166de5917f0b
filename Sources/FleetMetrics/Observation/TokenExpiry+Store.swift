package import RefreshCore

extension TokenExpiry {
    /// Counts from an index, so the size of the store does not matter much.
    package init(in store: some UserStore, now: Timestamp) async throws {
        func count(after: Timestamp, within span: Duration) async throws -> Int {
            try await store.tokensExpiring(after: after, until: now.advanced(by: span))
        }
        self.init(
            expired: try await store.tokensExpiring(after: .epoch, until: now),
            withinDay: try await count(after: now, within: .days(1)),
            withinWeek: try await count(after: now, within: .days(7)),
            withinMonth: try await count(after: now, within: .days(30)))
    }
}
