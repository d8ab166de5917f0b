import RefreshCore
import Testing

/// Giving users another id.
@Suite struct RenamingContractTests {
    private func row(_ id: String, basis: Int64? = nil) throws -> NewUser {
        NewUser(
            id: try UserID(id), group: nil, token: .random(), refreshToken: .random(), expiresAt: nil, basis: basis)
    }

    @Test(arguments: Backend.allCases)
    func `all that is stored of a user goes with it to the place of its new id`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            var random = RandomUsers(seed: 5)
            let record = random.record()
            try await store.put([NewUser("old", group: "night", expiresAt: .second(99))])
            try await store.put([NewUser("old", group: "night", expiresAt: .second(99))])
            let changed = try await store.update(UserID("old")) { user in
                var changed = user
                changed.record = record
                changed.state = .parked(.forbidden, since: .second(-5))
                changed.renewal = User.Renewal(due: .second(50), issuedAt: .second(-50), failures: 2)
                return changed
            }
            let old = try #require(changed)
            let leased = try await store.lease(old.id, now: .now, until: .later).get()
            let attempts = (0..<3).map { index in
                AttemptRecord(
                    startedAt: .second(Int64(-100_000 * index)), duration: .seconds(1), trigger: .schedule,
                    outcome: .rejected, httpStatus: 200, reason: "no \(index)", number: index + 1)
            }
            var results: [SettlementResult] = []
            for (index, attempt) in attempts.enumerated() {
                let held = index == 0 ? leased : try await store.lease(old.id, now: .now, until: .later).get()
                results += try await store.settle([
                    Settlement(lease: held.lease, revision: held.revision, user: old, attempt: attempt)
                ])
            }
            #expect(results == [.settled, .settled, .settled])

            let row = try row("new", basis: 2)
            let renamed = try await store.rename(old.id, to: row) { user in
                var next = user
                next.state = .paused(nil)
                return next
            }.get()
            let expected = User(
                id: row.id, place: Place(of: row.id, seed: store.seed), group: GroupName("night"), state: .paused(nil),
                record: record, tokenVersion: 2, tokenExpiresAt: .second(99), renewal: old.renewal)
            #expect(renamed == expected)
            let next = try await opened.reopened().store
            let stored = try await next.user("new")
            #expect(stored == expected)
            let gone = try await next.user("old")
            #expect(gone == nil)
            let census = try await next.census(now: .now)
            #expect(census.users == 1)
            let history = try await next.history(of: row.id, before: nil, limit: 10)
            #expect(history == attempts)
            let held = try await next.lease(row.id, now: .now, until: .later).get()
            #expect(held.token == row.token && held.refreshToken == row.refreshToken)
            #expect(held.revision > leased.revision)
            try await next.release([held.lease])
            // The old id is free, and has no past.
            let back = try await next.add("old")
            #expect(back.place == old.place)
            let none = try await next.history(of: old.id, before: nil, limit: 10)
            #expect(none?.isEmpty == true)
        }
    }

    @Test(arguments: Backend.allCases)
    func `nothing is written where another has the id, a call is under way or the token is another`(
        backend: Backend
    ) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let old = try await store.add("old")
            let other = try await store.add("other")
            let nobody = try await store.rename(UserID("nobody"), to: row("new")) { $0 }
            #expect(nobody == .failure(.noSuchUser))
            let taken = try await store.rename(old.id, to: row("other")) { $0 }
            #expect(taken == .failure(.taken))
            let same = try await store.rename(old.id, to: row("old")) { $0 }
            #expect(same == .failure(.taken))
            let superseded = try await store.rename(old.id, to: row("new", basis: 2)) { $0 }
            #expect(superseded == .failure(.superseded))
            let leased = try await store.lease(old.id, now: .now, until: .later).get()
            let inFlight = try await store.rename(old.id, to: row("new")) { $0 }
            #expect(inFlight == .failure(.inFlight(until: .later)))
            try await store.release([leased.lease])
            let all = try await store.users(matching: .all, after: nil, limit: 10)
            #expect(all == [old, other])
            let renamed = try await store.rename(old.id, to: row("new", basis: 1)) { $0 }.get()
            #expect(renamed.id.rawValue == "new")
        }
    }

    @Test(arguments: Backend.allCases)
    func `a place that is taken is left to whoever has it`(backend: Backend) async throws {
        let place = try #require(Place(rawValue: 7))
        try await backend.withStore(placing: { _ in place }) { opened in
            let store = opened.store
            for id in ["a", "b", "c"] { try await store.add(id) }
            let renamed = try await store.rename(UserID("a"), to: row("d")) { $0 }.get()
            // The user's own place counts as taken until it has left it.
            #expect(renamed.place == place.next.next.next)
            let users = try await store.users(matching: .all, after: nil, limit: 10)
            #expect(users.map(\.id.rawValue) == ["b", "c", "d"])
        }
    }
}
