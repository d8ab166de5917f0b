package import RefreshCore

extension SQLiteUserStore {
    package func update(_ ids: [UserID], _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem)
        -> [User?]
    {
        try await write { db in
            let writer = try UserWriter(db)
            return try ids.map { id in
                guard let stored = try UserReader.user(id, in: db) else { return nil }
                guard let user = change(stored).map(stored.with), user != stored else { return stored }
                try writer.overwrite(user)
                return user
            }
        }
    }
}
