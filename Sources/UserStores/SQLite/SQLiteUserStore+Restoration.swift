import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func verifyPlace() async throws(StoreProblem) {
        try place.verify()
    }

    package func restoration() async throws(StoreProblem) -> StoreRestoration? {
        try await read { db in try StoreRestoration(in: db) }
    }

    package func setRestoration(_ restoration: StoreRestoration) async throws(StoreProblem) {
        try await write { db in try restoration.write(in: db) }
    }

    package func refreshTokenHolders(storedBy moment: Timestamp, limit: Int) async throws(StoreProblem)
        -> RefreshTokenHolders
    {
        try await read { db in
            let condition = "refresh_token IS NOT NULL AND (token_issued_at IS NULL OR token_issued_at <= ?)"
            let count = try PreparedStatement("SELECT count(*) FROM users WHERE \(condition)", in: db).first {
                $0.add(moment)
            } _: {
                Int($0.integer(0) ?? 0)
            }
            let first = try PreparedStatement("SELECT id FROM users WHERE \(condition) ORDER BY id LIMIT ?", in: db).all
            {
                $0.add(moment)
                $0.add(limit)
            } _: {
                try UserRow.required($0.text(0).flatMap { try? UserID($0) }, "user id")
            }
            return RefreshTokenHolders(count: count ?? 0, first: first)
        }
    }
}
