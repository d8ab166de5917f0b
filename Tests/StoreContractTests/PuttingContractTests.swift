import RefreshCore
import Testing

/// Adding users and giving them new tokens.
@Suite struct PuttingContractTests {
    @Test(arguments: Backend.allCases)
    func `a user from another store stands where it stood there, or at the next free place`(
        backend: Backend
    ) async throws {
        try await backend.withStore { opened in
            let place = try #require(Place(rawValue: 4_711))
            func row(_ id: String, basis: Int64? = nil) throws -> NewUser {
                NewUser(
                    id: try UserID(id), group: nil, token: .random(), expiresAt: nil, basis: basis,
                    standing: UserStanding(place: place, record: User.Record(slot: .now)))
            }
            let rows = try [row("a"), row("b")]
            let places = try await opened.store.put(rows).map(\.user.place)
            #expect(places == [place, place.next])
            let stored = try await opened.store.tokens(of: rows.map(\.id))
            #expect(stored.map { $0?.access } == rows.map(\.token))
            // Who is stored stays where it is.
            let again = NewUser(
                id: rows[0].id, group: nil, token: .random(), expiresAt: nil,
                standing: UserStanding(place: Place(rawValue: 9), record: User.Record(slot: .now)))
            #expect(try await opened.store.put([again]).map(\.user.place) == [place])
            let reopened = try await opened.reopened()
            #expect(try await reopened.store.user("b")?.place == place.next)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a new user stands at the place that its id and the seed give`(backend: Backend) async throws {
        try await backend.withStore { opened in
            for index in 0..<20 {
                let user = try await opened.store.add("user \(index)")
                #expect(user.place == Place(of: user.id, seed: opened.store.seed))
                #expect(user.tokenVersion == 1)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `a user whose place is taken gets the next free one, past the end too`(backend: Backend) async throws {
        let last = try #require(Place(rawValue: .max))
        try await backend.withStore(placing: { _ in last }) { opened in
            let store = opened.store
            let first = try await store.add("a")
            let both = try await store.put([NewUser("b"), NewUser("c")]).map(\.user.place)
            #expect(first.place == last)
            #expect(both == [last.next, last.next.next])
            for id in ["a", "b", "c"] {
                let user = try await store.user(id)
                #expect(user?.id.rawValue == id)
            }
            _ = try await store.remove(UserID("b"))
            let filled = try await store.add("d")
            #expect(filled.place == last.next)
            let kept = try await store.put([NewUser("c")])[0].user
            #expect(kept.place == last.next.next)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a stored user's token is replaced and its record kept`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.put([NewUser("a", group: "night")])
            var random = RandomUsers(seed: 7)
            let record = random.record()
            let before = try await store.update(UserID("a")) { user in
                var changed = user
                changed.record = record
                return changed
            }
            let new = try NewUser("a", expiresAt: .second(99))
            let results = try await store.put([new])
            var expected = try #require(before)
            expected.tokenVersion = 2
            expected.tokenExpiresAt = .second(99)
            #expect(results == [.replaced(expected, previous: before?.state.kind ?? .parked)])
            let stored = try await store.user("a")
            #expect(stored == expected)
            let leased = try await store.leaseAll()
            #expect(leased.first?.token == new.token)
        }
    }

    @Test(arguments: Backend.allCases)
    func `what replaces decides group, state and record, and nothing else`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let user = try await store.add("a", .parked(.unauthorized, since: .second(-9)))
            let results = try await store.put([NewUser("a", group: "day")]) { new, place in
                User(id: new.id, place: place, state: .paused(nil), record: User.Record(slot: .epoch))
            } replaced: { new, stored in
                User(
                    id: stored.id,
                    place: stored.place.next,
                    group: new.group,
                    state: .scheduled(due: .second(5)),
                    record: User.Record(slot: .second(5)),
                    tokenVersion: 40,
                    tokenExpiresAt: .second(1)
                )
            }
            let expected = User(
                id: user.id,
                place: user.place,
                group: GroupName("day"),
                state: .scheduled(due: .second(5)),
                record: User.Record(slot: .second(5)),
                tokenVersion: 2,
                tokenExpiresAt: nil
            )
            #expect(results == [.replaced(expected, previous: .parked)])
            let next = try await store.nextDue()
            #expect(next == .second(5))
        }
    }

    @Test(arguments: Backend.allCases)
    func `a new token neither frees nor takes a lease`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let leased = try await store.leaseAll()
            #expect(leased.count == 1)
            try await store.put([NewUser("a")])
            let again = try await store.leaseAll()
            #expect(again.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `rows of a batch are put one after the other`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let new = try [NewUser("b"), NewUser("a"), NewUser("b"), NewUser("c"), NewUser("b")]
            let results = try await store.put(new)
            #expect(results.map(\.user.id) == new.map(\.id))
            #expect(results.map(\.user.tokenVersion) == [1, 1, 2, 1, 3])
            if case .added = results[2] { Issue.record("added twice") }
            let leased = try await store.leaseAll()
            #expect(leased.first { $0.user.id == new[4].id }?.token == new[4].token)
            let none = try await store.put([NewUser]())
            #expect(none.isEmpty)
        }
    }

    /// Where new users go together, what of one keeps others out is told of that one alone.
    @Test(arguments: Backend.allCases, [nil, 0] as [Int64?])
    func `among many new users each stored one, and each whose place is taken, is treated by itself`(
        backend: Backend, basis: Int64?
    ) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            // One stands where its id does not lead, one where a new one wants to stand.
            let away = try NewUser(
                "away 17", standing: UserStanding(place: Place(rawValue: 3), record: .init(slot: .now)))
            let taken = Place(of: try UserID("user 31"), seed: store.seed)
            let neighbour = try NewUser(
                "neighbour", standing: UserStanding(place: taken, record: .init(slot: .now)))
            _ = try await store.put([away, neighbour])
            var new = try (0..<90).map { try NewUser("user \($0)", token: .random(count: 16), basis: basis) }
            new[17] = try NewUser("away 17", token: .random(count: 16), basis: basis)
            let results = try await store.put(new)
            for (index, result) in results.enumerated() {
                switch (index, result) {
                case (17, .superseded): #expect(basis == 0)
                case (17, .replaced(let user, _)): #expect(basis == nil && user.place == Place(rawValue: 3))
                case (31, .added(let user)): #expect(user.place == taken.next)
                case (_, .added(let user)):
                    #expect(user.id == new[index].id && user.place == Place(of: user.id, seed: store.seed))
                default: Issue.record("\(index): \(result)")
                }
            }
            let stored = try await store.tokens(of: new.map(\.id))
            for index in new.indices {
                #expect(stored[index]?.access == (index == 17 && basis == 0 ? away : new[index]).token, "\(index)")
            }
            // A place in the schedule for each user, and for nobody else.
            let census = try await store.census(now: .now)
            let due = try await store.dueHistogram(from: .now, width: .days(1), count: 1, groups: [])
            #expect(census.users == 91)
            #expect(due.rows.map(\.callable).reduce(0, +) == 91)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a batch may hold many thousands`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let new = try (0..<20_000).map { try NewUser("user \($0)", token: .random(count: 16)) }
            let results = try await opened.store.put(new)
            #expect(results.map(\.user.id) == new.map(\.id))
            let census = try await opened.store.census(now: .now)
            #expect(census.users == 20_000)
        }
    }
}
