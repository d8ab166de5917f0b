import GRDB
package import RefreshCore

extension SQLiteUserStore {
    /// Ranks some thousands of neighbours at a time, each in a read of its own, so that neither a connection nor the log
    /// is held for long, and keeps the first `limit` only.
    package func users(matching filter: UserFilter, by order: UserOrder, limit: Int) async throws(StoreProblem)
        -> [User]
    {
        guard limit > 0 else { return [] }
        var first: [RankedUser] = []
        var place: Place?
        repeat {
            let (ranked, last) = try await read { [place] db in
                let end = try UserRanking.end(of: UserRanking.rowsAtOnce, after: place, in: db)
                let ranked = try UserRanking.ranked(
                    filter, by: order, after: place, upTo: end, limit: limit, in: db)
                return (ranked, end)
            }
            first = RankedUser.merged(first, ranked, limit: limit)
            place = last
        } while place != nil
        return try await read { [first] db in
            // Who changed since it was ranked stands where it belongs now.
            order.sorted(try first.compactMap { try UserReader.user(at: $0.place, in: db) }.filter(filter.matches))
        }
    }
}
