import RefreshCore
import Testing

/// Removing many users at once.
@Suite struct RemovalContractTests {
    @Test(arguments: Backend.allCases)
    func `many are removed at once, each answered in its order`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let users = try await store.put((0..<300).map { try NewUser("user \($0)", group: "night") }).map(\.user)
            for user in users.prefix(5) { try await store.attempt(user.id) }
            let ids = try users.prefix(200).map(\.id) + [UserID("nobody"), users[0].id]
            let removals = try await store.remove(ids, unlessAddedSince: nil)
            #expect(removals == Array(repeating: .removed, count: 200) + [.noSuchUser, .noSuchUser])
            let left = try await store.ids(after: nil, limit: .max)
            #expect(left == users.dropFirst(200).map(\.id).sorted())
            let census = try await store.census(now: .now)
            #expect(census.users == 100)
            let sizes = try await store.groupSizes()
            #expect(sizes == [GroupSize(group: try #require(GroupName("night")), users: 100)])
            let none = try await store.remove([], unlessAddedSince: nil)
            #expect(none.isEmpty)
            // Whoever comes back has no past.
            try await store.put([NewUser("user 0")])
            let history = try await store.history(of: users[0].id, before: nil, limit: 10)
            #expect(history?.isEmpty == true)
        }
    }

    @Test(arguments: Backend.allCases)
    func `who was added since a moment stays, who got a new token since does not`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            func put(_ id: String, at moment: Timestamp?) async throws {
                _ = try await store.put([NewUser(id)]) { new, place in
                    var user = User(
                        id: new.id, place: place, state: .scheduled(due: .now), record: User.Record(slot: .now))
                    user.renewal.issuedAt = moment
                    return user
                } replaced: { _, stored in
                    var user = stored
                    user.renewal.issuedAt = moment
                    return user
                }
            }
            try await put("old", at: .second(-1))
            try await put("unknown", at: nil)
            try await put("renewed", at: .second(-1))
            try await put("renewed", at: .second(1))
            try await put("new", at: .second(0))
            try await put("newer", at: .second(1))
            let ids = try ["old", "unknown", "renewed", "new", "newer"].map { try UserID($0) }
            let removals = try await store.remove(ids, unlessAddedSince: .second(0))
            #expect(removals == [.removed, .removed, .removed, .kept, .kept])
            let left = try await store.ids(after: nil, limit: 10)
            #expect(left.map(\.rawValue) == ["new", "newer"])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a lease of a removed user is gone with it`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            for id in ["a", "b"] { try await store.add(id) }
            let leased = try await store.leaseAll().sorted { $0.user.id < $1.user.id }
            _ = try await store.remove([leased[0].user.id], unlessAddedSince: nil)
            let results = try await store.settle(leased.map { $0.settlement() })
            #expect(results == [.refused, .settled])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a call of somebody who was removed and added again meanwhile settles nothing`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let leased = try await store.leaseAll()
            _ = try await store.remove(leased.map(\.user.id), unlessAddedSince: nil)
            let new = try NewUser("a")
            let again = try await store.put([new], in: .scheduled(due: .second(7)))[0].user
            let results = try await store.settle(leased.map { $0.settlement() })
            #expect(results == [.refused])
            let renewal = RenewalRecord(
                lease: try #require(leased.first).lease, tokenVersion: again.tokenVersion,
                tokens: RenewalRecord.SealedPair(access: .random(), refresh: nil, expiresAt: nil),
                renewal: User.Renewal())
            let writing = try await store.write(renewal)
            #expect(writing == .refused)
            let stored = try await store.user("a")
            #expect(stored == again)
            let token = try await store.tokens(of: [new.id])[0]
            #expect(token?.access == new.token)
        }
    }

    @Test(arguments: Backend.allCases)
    func `ids alone come page by page in their order`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.put(["b", "B", "a", "é", "10"].map { try NewUser($0) })
            let first = try await store.ids(after: nil, limit: 3)
            #expect(first.map(\.rawValue) == ["10", "B", "a"])
            let rest = try await store.ids(after: first.last, limit: 3)
            #expect(rest.map(\.rawValue) == ["b", "é"])
        }
    }

    @Test(arguments: Backend.allCases)
    func `the sizes of groups follow whoever comes, moves and goes`(backend: Backend) async throws {
        let (gold, night) = (try #require(GroupName("gold")), try #require(GroupName("night")))
        try await backend.withStore { opened in
            let store = opened.store
            let none = try await store.groupSizes()
            #expect(none.isEmpty)
            try await store.put((0..<5).map { try NewUser("g\($0)", group: "gold") })
            try await store.put((0..<5).map { try NewUser("n\($0)", group: "night") } + [NewUser("x")])
            let equal = try await store.groupSizes()
            #expect(equal == [GroupSize(group: gold, users: 5), GroupSize(group: night, users: 5)])
            func move(_ id: String, to group: GroupName?) async throws {
                _ = try await store.update(UserID(id)) { user in
                    var next = user
                    next.group = group
                    return next
                }
            }
            try await move("x", to: night)
            try await move("g0", to: nil)
            try await move("g1", to: night)
            // A new token for somebody who stays where it is.
            try await store.put([NewUser("g2", group: "gold")])
            _ = try await store.remove(["g3", "n0", "x"].map { try UserID($0) }, unlessAddedSince: nil)
            let moved = try await store.groupSizes()
            #expect(moved == [GroupSize(group: night, users: 5), GroupSize(group: gold, users: 2)])
            _ = try await store.rename(UserID("g2"), to: NewUser("renamed", group: "gold")) { $0 }.get()
            let next = try await opened.reopened().store.groupSizes()
            #expect(next == moved)
        }
    }
}

extension UserStore {
    /// Calls a user once, with a history of it.
    fileprivate func attempt(_ id: UserID) async throws {
        let leased = try await lease(id, now: .now, until: .later).get()
        let attempt = AttemptRecord(
            startedAt: .now, duration: .seconds(1), trigger: .schedule, outcome: .refreshed, httpStatus: 200,
            reason: nil,
            number: 1)
        let settlement = Settlement(
            lease: leased.lease, revision: leased.revision, user: leased.user.with(state: .scheduled(due: .later)),
            attempt: attempt)
        _ = try await settle([settlement])
    }
}
