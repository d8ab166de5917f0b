import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func put(
        _ users: [NewUser],
        added: @escaping @Sendable (NewUser, Place) -> User,
        replaced: @escaping @Sendable (NewUser, User) -> User
    ) async throws(StoreProblem) -> [PutResult] {
        try await write { [placing, environment] db in
            // Write in the order of places, so that neighbours share pages. Ties keep their order, so rows of one user
            // do, too.
            let homes = users.map { $0.standing?.place ?? placing($0.id) }
            let order = users.indices.sorted { (homes[$0], $0) < (homes[$1], $1) }
            let results = try UserWriter(db).put(
                users, homes: homes, order: order, added: added, replaced: replaced)
            try Meta.countUsers(results.count { if case .added = $0 { true } else { false } }, in: db)
            if let environment, !users.isEmpty, try Meta.text(.environment, in: db) != environment {
                try Meta.set(.environment, to: environment, in: db)
            }
            return results
        }
    }

    package func user(_ id: UserID) async throws(StoreProblem) -> User? {
        try await read { db in try UserReader.user(id, in: db) }
    }

    package func users(matching filter: UserFilter, after: UserID?, limit: Int) async throws(StoreProblem) -> [User] {
        try await page(matching: filter, after: after, limit: limit, histories: false) { user, _ in user }
    }

    package func lines(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool, _ line: @escaping UserLine
    ) async throws(StoreProblem) -> [[UInt8]] {
        try await page(matching: filter, after: after, limit: limit, histories: histories, line)
    }

    private func page<Value: Sendable>(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool,
        _ make: @escaping @Sendable (User, [AttemptRecord]) -> Value
    ) async throws(StoreProblem) -> [Value] {
        if filter == .all, limit >= Self.worthTwoReaders {
            let next = try await read { db in try UserReader.next(after: after, limit: limit, in: db) }
            let found = try await read(at: next.map(\.place)) { places, db in
                try UserReader.users(at: places, histories: histories, in: db) { ($0.id, make($0, $1)) }
            }
            let values = zip(next, found).compactMap { next, found in found?.0 == next.id ? found?.1 : nil }
            if values.count == next.count { return values }
            // A user was removed or renamed between the two reads, so use one read that sees a single moment.
        }
        return try await read { db in
            try UserReader.users(
                matching: filter, after: after, limit: limit, histories: histories, in: db, make)
        }
    }

    package func ids(after: UserID?, limit: Int) async throws(StoreProblem) -> [UserID] {
        try await read { db in try UserReader.next(after: after, limit: limit, in: db).map(\.id) }
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
                if let user = stored.changed(by: change) { try writer.overwrite(user) }
            }
            return isLast ? nil : users.last?.place
        }
    }

    package func update(_ ids: [UserID], _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem)
        -> [User?]
    {
        try await write { db in
            let writer = try UserWriter(db)
            return try ids.map { id in
                guard let stored = try UserReader.user(id, in: db) else { return nil }
                guard let user = stored.changed(by: change) else { return stored }
                try writer.overwrite(user)
                return user
            }
        }
    }

    package func groupSizes() async throws(StoreProblem) -> [GroupSize] {
        try await read { db in try GroupSize.all(in: db) }
    }

    /// Ranks some thousands of neighbours per batch, keeping only the first `limit`.
    ///
    /// Each batch is a separate read, so that neither a connection nor the log is held for long.
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
            first = Array((first + ranked).sorted().prefix(limit))
            place = last
        } while place != nil
        return try await read { [first] db in
            // A user that changed after it was ranked is sorted by its current state.
            order.sorted(try first.compactMap { try UserReader.user(at: $0.place, in: db) }.filter(filter.matches))
        }
    }
}

extension GroupSize {
    static func all(in db: Database) throws -> [GroupSize] {
        try PreparedStatement("SELECT name, users FROM groups WHERE users > 0 ORDER BY users DESC, name", in: db).all {
            try GroupSize($0)
        }
    }
}
