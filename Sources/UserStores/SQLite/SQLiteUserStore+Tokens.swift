package import RefreshCore

extension SQLiteUserStore {
    /// First everybody is looked for at its own place, in the order of places.
    ///
    /// No index is read for that, and neighbours lie on the same pages. Who is not there is looked for by id, in their
    /// order.
    package func tokens(of ids: [UserID]) async throws(StoreProblem) -> [StoredToken?] {
        let homes = ids.map(placing)
        var tokens = [StoredToken?](repeating: nil, count: ids.count)
        let byHome = ids.indices.sorted { homes[$0] < homes[$1] }
        try await read(byHome, into: &tokens) { reader, index in try reader.token(of: ids[index], at: homes[index]) }
        let others = ids.indices.filter { tokens[$0] == nil }.sorted { ids[$0] < ids[$1] }
        try await read(others, into: &tokens) { reader, index in try reader.token(of: ids[index]) }
        return tokens
    }

    private func read(
        _ order: [Int], into tokens: inout [StoredToken?],
        _ body: @escaping @Sendable (StoredTokenReader, Int) throws -> StoredToken?
    ) async throws(StoreProblem) {
        for start in stride(from: 0, to: order.count, by: StoredTokenReader.rowsAtOnce) {
            let part = order[start..<min(start + StoredTokenReader.rowsAtOnce, order.count)]
            let found = try await read { db in
                let reader = try StoredTokenReader(db)
                return try part.map { try body(reader, $0) }
            }
            for (index, token) in zip(part, found) { tokens[index] = token }
        }
    }
}
