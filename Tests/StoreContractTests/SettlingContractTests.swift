import RefreshCore
import Testing

/// A lease settles at most once, and never over somebody else's change.
@Suite struct SettlingContractTests {
    @Test(arguments: Backend.allCases)
    func `a settlement is written and ends the lease`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let leased = try #require(try await store.leaseAll().first)
            let settlement = leased.settlement(due: .second(10))
            let results = try await store.settle([settlement])
            #expect(results == [.settled])
            let user = try await store.user("a")
            #expect(user == settlement.user)
            let next = try await store.leaseDue(now: .second(10), until: .later, limit: 1)
            #expect(next.first?.user == settlement.user)
            #expect(next.first?.lease.id != leased.lease.id)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a second settlement is refused, in the same batch too`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let leased = try #require(try await store.leaseAll().first)
            let both = try await store.settle([
                leased.settlement(due: .second(10)), leased.settlement(due: .second(20)),
            ])
            #expect(both == [.settled, .refused])
            let third = try await store.settle([leased.settlement(due: .second(30))])
            #expect(third == [.refused])
            let user = try await store.user("a")
            #expect(user?.state == .scheduled(due: .second(10)))
        }
    }

    @Test(arguments: Backend.allCases)
    func `a user changed meanwhile is handed back and settles on the second try`(backend: Backend)
        async throws
    {
        let changes: [@Sendable (any UserStore) async throws -> Void] = [
            { store in _ = try await store.update(UserID("a")) { $0.with(state: .paused(nil)) } },
            { store in try await store.put([NewUser("a")]) },
            { store in _ = try await store.rewrite(after: nil, limit: 10) { $0.with(state: .paused(nil)) } },
        ]
        for change in changes {
            try await backend.withStore { opened in
                let store = opened.store
                try await store.add("a")
                let leased = try #require(try await store.leaseAll().first)
                try await change(store)
                let changed = try #require(try await store.user("a"))
                let results = try await store.settle([leased.settlement()])
                guard case .changed(let now, let revision)? = results.first else {
                    Issue.record("\(results)")
                    return
                }
                #expect(now == changed)
                #expect(revision != leased.revision)
                let unwritten = try await store.user("a")
                #expect(unwritten == changed)
                let held = try await store.lease(leased.user.id, now: .now, until: .later)
                #expect(held == .failure(.inFlight(until: .later)))

                let again = Settlement(
                    lease: leased.lease,
                    revision: revision,
                    user: now.with(state: .scheduled(due: .second(7)))
                )
                let second = try await store.settle([again])
                #expect(second == [.settled])
                let settled = try await store.user("a")
                #expect(settled?.state == .scheduled(due: .second(7)))
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `a settlement after a release is refused`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let user = try await store.add("a")
            let leased = try #require(try await store.leaseAll().first)
            try await store.release([leased.lease])
            let results = try await store.settle([leased.settlement()])
            #expect(results == [.refused])
            let untouched = try await store.user("a")
            #expect(untouched == user)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a settlement for a removed user is refused, even if it was added again`(backend: Backend)
        async throws
    {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let leased = try #require(try await store.leaseAll().first)
            let removed = try await store.remove(leased.user.id)
            #expect(removed)
            let gone = try await store.settle([leased.settlement()])
            #expect(gone == [.refused])
            let user = try await store.add("a")
            let readded = try await store.settle([leased.settlement()])
            #expect(readded == [.refused])
            let untouched = try await store.user("a")
            #expect(untouched == user)
        }
    }

    @Test(arguments: Backend.allCases)
    func `each settlement of a batch has a result of its own`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            for id in ["a", "b", "c"] { try await store.add(id) }
            let leased = try await store.leaseAll().sorted { $0.user.id < $1.user.id }
            try #require(leased.count == 3)
            _ = try await store.update(leased[1].user.id) { $0.with(state: .paused(nil)) }
            _ = try await store.remove(leased[2].user.id)
            let results = try await store.settle([2, 0, 1].map { leased[$0].settlement() })
            #expect(results.count == 3)
            #expect(results[0] == .refused)
            #expect(results[1] == .settled)
            if case .changed = results[2] {} else { Issue.record("\(results[2])") }
        }
    }

    @Test(arguments: Backend.allCases)
    func `a settlement leaves group and token alone`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let new = try NewUser("a", group: "night", expiresAt: .second(77))
            let user = try await store.put([new])[0].user
            let leased = try #require(try await store.leaseAll().first)
            let other = User(
                id: user.id,
                place: user.place,
                group: nil,
                state: .scheduled(due: .now),
                record: user.record,
                tokenVersion: 9,
                tokenExpiresAt: nil
            )
            _ = try await store.settle([
                Settlement(lease: leased.lease, revision: leased.revision, user: other)
            ])
            let stored = try await store.user("a")
            #expect(stored == user)
            let again = try await store.leaseAll()
            #expect(again.first?.token == new.token)
        }
    }

    @Test(arguments: Backend.allCases)
    func `batches may be large`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.put((0..<5_000).map { try NewUser("user \($0)") })
            let leased = try await store.leaseAll(limit: .max)
            #expect(leased.count == 5_000)
            let results = try await store.settle(leased.map { $0.settlement() })
            #expect(results == Array(repeating: .settled, count: 5_000))
            let empty = try await store.settle([])
            #expect(empty.isEmpty)
            let due = try await store.nextDue()
            #expect(due == .second(86_400))
        }
    }

    @Test(arguments: Backend.allCases)
    func `a cancelled task's settlement is written all the same`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let leased = try #require(try await store.leaseAll().first)
            let work = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return try await store.settle([leased.settlement()])
            }
            let results = try await work.value
            #expect(results == [.settled])
        }
    }
}
