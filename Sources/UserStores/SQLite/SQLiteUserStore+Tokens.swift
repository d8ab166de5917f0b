import GRDB
package import RefreshCore

extension SQLiteUserStore {
    /// Looks for all users at their own places first, in the order of places.
    ///
    /// This reads no index, and neighbours lie on the same pages. Users that are not found there are looked up by id,
    /// in the order of their ids.
    package func tokens(of ids: [UserID]) async throws(StoreProblem) -> [StoredToken?] {
        let homes = ids.map(placing)
        var tokens = [StoredToken?](repeating: nil, count: ids.count)
        let byHome = ids.indices.sorted { homes[$0] < homes[$1] }
        try await read(byHome, into: &tokens) { reader, index in try reader.token(of: ids[index], at: homes[index]) }
        // The order of strings is almost that of their bytes, by which the index is sorted, and sorts much faster.
        let others = ids.indices.filter { tokens[$0] == nil }.sorted { ids[$0].rawValue < ids[$1].rawValue }
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

/// Reads the tokens of many users in an order that keeps neighbours together.
struct StoredTokenReader {
    /// Rows per batch: some ten milliseconds, after which other work gets the connection.
    static let rowsAtOnce = 5_000

    private let byPlace: PreparedStatement
    private let byID: PreparedStatement

    init(_ db: Database) throws {
        byPlace = try PreparedStatement("SELECT \(StoredToken.columns) FROM users WHERE place = ?", in: db)
        byID = try PreparedStatement("SELECT \(StoredToken.columns) FROM users WHERE id = ?", in: db)
    }

    /// The token of a user at its own place; nil if no user or another user has that place.
    func token(of id: UserID, at home: Place) throws -> StoredToken? {
        try byPlace.first(home) { row in
            row.isText(0, id.rawValue) ? try StoredToken(row) : nil
        } ?? nil
    }

    func token(of id: UserID) throws -> StoredToken? {
        try byID.first(id.rawValue) { try StoredToken($0) }
    }
}
