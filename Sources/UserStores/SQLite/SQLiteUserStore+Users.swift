import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func put(
        _ users: [NewUser],
        added: @escaping @Sendable (NewUser, Place) -> User,
        replaced: @escaping @Sendable (NewUser, User) -> User
    ) async throws(StoreProblem) -> [PutResult] {
        try await write { [placing, environment] db in
            let writer = try UserWriter(db)
            // Written in the order of their places, so that neighbours fall on the same pages; the sort is
            // stable, so rows of one user stay in their order.
            let homes = users.map { $0.standing?.place ?? placing($0.id) }
            var results = [PutResult?](repeating: nil, count: users.count)
            for index in users.indices.sorted(by: { (homes[$0], $0) < (homes[$1], $1) }) {
                results[index] = try writer.put(
                    users[index],
                    home: homes[index],
                    added: added,
                    replaced: replaced
                )
            }
            try Meta.countUsers(results.count { if case .added? = $0 { true } else { false } }, in: db)
            if let environment, !users.isEmpty, try Meta.text(.environment, in: db) != environment {
                try Meta.set(.environment, to: environment, in: db)
            }
            return results.compactMap(\.self)
        }
    }

    package func user(_ id: UserID) async throws(StoreProblem) -> User? {
        try await read { db in try UserReader.user(id, in: db) }
    }

    package func users(matching filter: UserFilter, after: UserID?, limit: Int) async throws(StoreProblem) -> [User] {
        guard filter == UserFilter(), limit >= Self.worthTwoReaders else {
            return try await read { db in try UserReader.users(matching: filter, after: after, limit: limit, in: db) }
        }
        let next = try await read { db in try UserReader.next(after: after, limit: limit, in: db) }
        let found = try await read(at: next.map(\.place)) { places, db in try UserReader.users(at: places, in: db) }
        let users = zip(next, found).compactMap { next, user in user?.id == next.id ? user : nil }
        if users.count == next.count { return users }
        // Somebody was removed or renamed between the reads: one that sees everybody at one moment.
        return try await read { db in try UserReader.users(matching: filter, after: after, limit: limit, in: db) }
    }

    package func ids(after: UserID?, limit: Int) async throws(StoreProblem) -> [UserID] {
        try await read { db in
            try PreparedStatement("SELECT id FROM users WHERE id > ? ORDER BY id LIMIT ?", in: db).all {
                $0.add(after?.rawValue ?? "")
                $0.add(limit)
            } _: {
                try UserRow.required($0.text(0).flatMap { try? UserID($0) }, "user id")
            }
        }
    }

    package func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws(StoreProblem) -> User?
    {
        try await write { db in
            guard let stored = try UserReader.user(id, in: db) else { return nil }
            let user = stored.with(change(stored))
            try UserWriter(db).overwrite(user)
            return user
        }
    }

    package func rewrite(
        after: Place?,
        limit: Int,
        _ change: @escaping @Sendable (User) -> User?
    ) async throws(StoreProblem) -> Place? {
        try await write { db in
            let (users, isLast) = try UserReader.users(from: after, limit: limit, in: db)
            let writer = try UserWriter(db)
            for stored in users {
                guard let user = change(stored).map(stored.with), user != stored else { continue }
                try writer.overwrite(user)
            }
            return isLast ? nil : users.last?.place
        }
    }
}

extension User {
    /// The user as somebody decided it; who it is and where it stands on the circle cannot be changed.
    func with(_ decided: User) -> User {
        User(
            id: id,
            place: place,
            group: decided.group,
            state: decided.state,
            record: decided.record,
            tokenVersion: decided.tokenVersion,
            tokenExpiresAt: decided.tokenExpiresAt,
            renewal: decided.renewal
        )
    }
}
