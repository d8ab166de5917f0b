package import RefreshCore
import Synchronization

extension PostgreSQLUserStore {
    package func put(
        _ users: [NewUser],
        added: @escaping @Sendable (NewUser, Place) -> User,
        replaced: @escaping @Sendable (NewUser, User) -> User
    ) async throws(StoreProblem) -> [PutResult] {
        guard !users.isEmpty else { return [] }
        let homes = users.map { $0.standing?.place ?? placing($0.id) }
        let environment = environment
        // If all users are meant to be new, trust the caller and do not look them up. If one exists after all, the
        // server refuses the row, and the next try looks first.
        let looks = Mutex(users.contains { $0.basis != 0 })
        let tokens = users.flatMap { [$0.token, $0.refreshToken].compactMap(\.self) }
        let results = try await changeUsers(storing: tokens) { session in
            let mustLook = looks.withLock { looks in
                defer { looks = true }
                return looks
            }
            var putting = try Putting(users, homes: mustLook ? homes : nil, session)
            // In the order of places, so that users next to a taken place move least; rows of one user keep their
            // order.
            let order = users.indices.sorted { (homes[$0], $0) < (homes[$1], $1) }
            var results = [PutResult](repeating: .superseded, count: users.count)
            for index in order {
                results[index] = try putting.put(users[index], home: homes[index], added: added, replaced: replaced)
            }
            try putting.write(session)
            if let environment { _ = try session.run([Meta.set(.environment, to: environment)]) }
            return results
        }
        await analyze(after: results.count { if case .added = $0 { true } else { false } })
        return results
    }

    /// Has the server analyze its tables after they have grown a lot, so that it plans for their size.
    ///
    /// The server does so itself a minute later, but answers slowly until then. A failure is therefore ignored.
    private func analyze(after additions: Int) async {
        guard growth.withLock({ $0.isDue(after: additions) }) else { return }
        let tables = Statement("ANALYZE (SKIP_LOCKED) bankrefreshd.schedule, bankrefreshd.users")
        _ = try? await perform(.patient) { session in _ = try session.write([tables], limits: .patient) }
    }

    package func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws(StoreProblem) -> User?
    {
        try await changeUsers { session in
            guard let stored = try UserStatements.users([id], session)[id]?.user else { return nil }
            let user = stored.with(change(stored))
            try UserStatements.write([UserStatements.Change(user: user)], session)
            return user
        }
    }

    package func update(_ ids: [UserID], _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem)
        -> [User?]
    {
        try await changeUsers { session in
            var users = try UserStatements.users(ids, session).mapValues(\.user)
            var revisions: [UserID: Int64] = [:]
            let answers = ids.map { id -> User? in
                guard let stored = users[id] else { return nil }
                guard let user = stored.changed(by: change) else { return stored }
                users[id] = user
                revisions[id, default: 0] += 1
                return user
            }
            let changes = revisions.compactMap { id, count in
                users[id].map { UserStatements.Change(user: $0, revisions: count) }
            }
            try UserStatements.write(changes, session)
            return answers
        }
    }
}
