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
        let results = try await change(announced: true) { session in
            var putting = try Putting(users, homes: homes, session)
            // In the order of places, so that whoever stands nearest to a taken one is moved least; rows of one user
            // stay in their order.
            let order = users.indices.sorted { (homes[$0], $0) < (homes[$1], $1) }
            var results = [PutResult](repeating: .superseded, count: users.count)
            for index in order {
                results[index] = try putting.put(users[index], home: homes[index], added: added, replaced: replaced)
            }
            try putting.write(session)
            if let environment { _ = try session.run([Meta.set(.environment, to: environment)]) }
            return results
        }
        batches.withLock { $0.lower(to: nil) }
        return results
    }

    package func update(_ id: UserID, _ change: @escaping @Sendable (User) -> User) async throws(StoreProblem) -> User?
    {
        let updated: User? = try await self.change(announced: true) { session in
            guard let stored = try UserStatements.users([id], session)[id]?.user else { return nil }
            let user = stored.with(change(stored))
            try UserStatements.write([UserStatements.Change(user: user)], session)
            return user
        }
        batches.withLock { $0.lower(to: nil) }
        return updated
    }

    package func update(_ ids: [UserID], _ change: @escaping @Sendable (User) -> User?) async throws(StoreProblem)
        -> [User?]
    {
        let updated: [User?] = try await self.change(announced: true) { session in
            var users = try UserStatements.users(ids, session).mapValues(\.user)
            var revisions: [UserID: Int64] = [:]
            let answers = ids.map { id -> User? in
                guard let stored = users[id] else { return nil }
                guard let user = change(stored).map(stored.with), user != stored else { return stored }
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
        batches.withLock { $0.lower(to: nil) }
        return updated
    }

    package func rewrite(
        after: Place?, limit: Int, _ change: @escaping @Sendable (User) -> User?
    ) async throws(StoreProblem) -> Place? {
        let next: Place? = try await self.change { session in
            let wanted = limit == .max ? limit : limit + 1
            let rows = try session.run([
                UserStatements.held("u.place > $1", .int8(after?.rawValue ?? -1), limit: wanted)
            ])[0]
            let users = try rows.map { try StoredUser($0).user }
            let changes = users.prefix(limit).compactMap { stored -> UserStatements.Change? in
                guard let user = change(stored).map(stored.with), user != stored else { return nil }
                return UserStatements.Change(user: user)
            }
            try UserStatements.write(changes, session)
            return users.count > limit ? users.prefix(limit).last?.place : nil
        }
        batches.withLock { $0.lower(to: nil) }
        return next
    }
}

/// Users that are put one after the other, and what is to be written of each in the end.
private struct Putting {
    private struct Entry {
        var user: User
        var token: SealedToken?
        var refreshToken: SealedToken?
        /// Of a stored user; nil for a new one.
        var revisions: Int64?
    }

    private var entries: [UserID: Entry]
    private var places: PlaceFinder

    init(_ users: [NewUser], homes: [Place], _ session: Session) throws {
        entries = try UserStatements.users(Array(Set(users.map(\.id))), session).mapValues {
            Entry(user: $0.user, revisions: 0)
        }
        places = try PlaceFinder(homes, session)
    }

    mutating func put(
        _ new: NewUser, home: Place, added: (NewUser, Place) -> User, replaced: (NewUser, User) -> User
    ) throws -> PutResult {
        if var entry = entries[new.id] {
            let stored = entry.user
            if let basis = new.basis, basis != stored.tokenVersion { return .superseded }
            entry.user = stored.with(replaced(new, stored))
            entry.user.tokenVersion = stored.tokenVersion + 1
            entry.user.tokenExpiresAt = new.expiresAt
            entry.token = new.token
            entry.refreshToken = new.refreshToken
            entry.revisions = entry.revisions.map { $0 + 1 }
            entries[new.id] = entry
            return .replaced(entry.user, previous: stored.state.kind)
        }
        if let basis = new.basis, basis != 0 { return .superseded }
        let place = try places.take(from: home)
        let decided = added(new, place)
        let user = User(
            id: new.id, place: place, group: decided.group, state: decided.state, record: decided.record,
            tokenExpiresAt: new.expiresAt, renewal: decided.renewal)
        entries[new.id] = Entry(user: user, token: new.token, refreshToken: new.refreshToken)
        return .added(user)
    }

    func write(_ session: Session) throws {
        var additions: [UserStatements.Addition] = []
        var changes: [UserStatements.Change] = []
        for entry in entries.values {
            guard let token = entry.token else { continue }
            if let revisions = entry.revisions {
                changes.append(
                    UserStatements.Change(user: entry.user, revisions: revisions, tokens: (token, entry.refreshToken)))
            } else {
                additions.append(
                    UserStatements.Addition(
                        user: entry.user, token: token, refreshToken: entry.refreshToken,
                        revision: 0))
            }
        }
        try UserStatements.insert(additions, session)
        try UserStatements.write(changes, session)
    }
}
