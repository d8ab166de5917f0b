import Testing

@testable import RefreshCore

/// Listing, changing and removing users.
@Suite struct UsersContractTests {
    @Test(arguments: Backend.allCases)
    func `users are listed page by page in the order of their ids`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let ids = ["b", "B", "a", "aa", "10", "9", "é", "z"]
            try await store.put(ids.map { try NewUser($0) })
            var listed: [String] = []
            var after: UserID?
            while true {
                let page = try await store.users(matching: .all, after: after, limit: 3)
                #expect(page.count <= 3)
                guard let last = page.last else { break }
                listed += page.map(\.id.rawValue)
                after = last.id
            }
            #expect(listed == ["10", "9", "B", "a", "aa", "b", "z", "é"])
            let between = try await store.users(matching: .all, after: UserID("ab"), limit: 1)
            #expect(between.map(\.id.rawValue) == ["b"])
        }
    }

    @Test(arguments: Backend.allCases)
    func `no page of a long list but the last is short, whoever is renamed meanwhile`(backend: Backend) async throws {
        let ids = try (0..<3_000).map { try UserID(String($0 + 10_000)) }
        let (moving, end) = (ids[1_499], try UserID("9"))
        try await backend.withStore { opened in
            let store = opened.store
            try await store.put(ids.map { try NewUser($0.rawValue) })
            let renames = Task {
                while !Task.isCancelled {
                    _ = try await store.rename(moving, to: NewUser(end.rawValue)) { $0 }.get()
                    _ = try await store.rename(end, to: NewUser(moving.rawValue)) { $0 }.get()
                }
            }
            for _ in 0..<20 {
                var listed: [UserID] = []
                while true {
                    let page = try await store.users(matching: .all, after: listed.last, limit: 1_500)
                    listed += page.map(\.id)
                    // Whoever reads a list takes a short page for its end.
                    if page.count < 1_500 { break }
                }
                #expect(listed.filter { $0 != moving && $0 != end } == ids.filter { $0 != moving })
            }
            renames.cancel()
            try await renames.value
        }
    }

    @Test(arguments: Backend.allCases)
    func `a filter picks by state, outcome and group together`(backend: Backend) async throws {
        var random = RandomUsers(seed: 11)
        let drawn = try (0..<400).map {
            (new: try random.new($0), state: random.state(), record: random.record())
        }
        let byID = Dictionary(uniqueKeysWithValues: drawn.map { ($0.new.id, ($0.state, $0.record)) })
        try await backend.withStore { opened in
            let users = try await opened.store.put(drawn.map(\.new)) { new, place in
                let (state, record) = byID[new.id] ?? (.paused(nil), User.Record(slot: .epoch))
                return User(id: new.id, place: place, group: new.group, state: state, record: record)
            } replaced: { _, stored in
                stored
            }.map(\.user).sorted { $0.id < $1.id }
            let filters = [
                UserFilter(state: .parked), UserFilter(state: .scheduled), UserFilter(outcome: .rejected),
                UserFilter(group: GroupName("night")), UserFilter(group: GroupName("nobody")),
                UserFilter(state: .paused, group: GroupName("night")),
                UserFilter(state: .backingOff, outcome: .unknown, group: GroupName("A-Z_9.x")),
            ]
            for filter in filters {
                let expected = users.filter { user in
                    (filter.state == nil || user.state.kind == filter.state)
                        && (filter.outcome == nil || user.record.lastAttempt?.outcome == filter.outcome)
                        && (filter.group == nil || user.group == filter.group)
                }
                let all = try await opened.store.users(matching: filter, after: nil, limit: .max)
                #expect(all == expected)
                let two = try await opened.store.users(matching: filter, after: expected.first?.id, limit: 2)
                #expect(two == Array(expected.dropFirst().prefix(2)))
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `an update is written, and cannot change who the user is`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let user = try await store.add("a")
            let updated = try await store.update(user.id) { user in
                User(
                    id: user.id,
                    place: user.place.next,
                    group: GroupName("day"),
                    state: .scheduled(due: .second(3)),
                    record: User.Record(slot: .second(3)),
                    tokenVersion: user.tokenVersion,
                    tokenExpiresAt: .second(4)
                )
            }
            let expected = User(
                id: user.id,
                place: user.place,
                group: GroupName("day"),
                state: .scheduled(due: .second(3)),
                record: User.Record(slot: .second(3)),
                tokenExpiresAt: .second(4)
            )
            #expect(updated == expected)
            let stored = try await store.user("a")
            #expect(stored == expected)
            let next = try await store.nextDue()
            #expect(next == .second(3))
            let nobody = try await store.update(UserID("b")) { $0 }
            #expect(nobody == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func `many are updated at once, and who is left alone keeps its revision`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            for id in ["a", "b", "c"] { try await store.add(id) }
            let leased = try await store.leaseAll().sorted { $0.user.id < $1.user.id }
            let ids = try ["c", "nobody", "a", "b"].map { try UserID($0) }
            let updated = try await store.update(ids) { user in
                switch user.id.rawValue {
                case "a": user.with(state: .paused(nil))
                case "b": user
                default: nil
                }
            }
            #expect(updated.map { $0?.id.rawValue } == ["c", nil, "a", "b"])
            #expect(updated.map { $0?.state.kind } == [.scheduled, nil, .paused, .scheduled])
            let stored = try await store.user("a")
            #expect(stored == updated[2])
            let results = try await store.settle(leased.map { $0.settlement() })
            if case .changed? = results.first {} else { Issue.record("\(results)") }
            #expect(results.dropFirst() == [.settled, .settled])
        }
    }

    @Test(arguments: Backend.allCases)
    func `an updated user keeps its token`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let new = try NewUser("a")
            try await store.put([new])
            _ = try await store.update(new.id) { $0.with(state: .paused(nil)) }
            let leased = try await store.lease(new.id, now: .now, until: .later).get()
            #expect(leased.token == new.token)
            #expect(leased.revision > 0)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a removed user is gone, and comes back as a new one`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let user = try await store.add("a")
            var random = RandomUsers(seed: 3)
            let record = random.record()
            _ = try await store.update(user.id) { user in
                var changed = user
                changed.record = record
                return changed
            }
            try await store.put([NewUser("a")])
            let removed = try await store.remove(user.id)
            #expect(removed)
            let gone = try await store.user("a")
            #expect(gone == nil)
            let again = try await store.remove(user.id)
            #expect(!again)
            let next = try await store.nextDue()
            #expect(next == nil)
            let census = try await store.census(now: .now)
            #expect(census == Census())
            let back = try await store.add("a")
            #expect(back == user)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a rewrite visits everybody in the order of their places, page by page`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let users = try await store.put((0..<107).map { try NewUser("user \($0)") }).map(\.user)
            let seen = Visits()
            var after: Place?
            var turns = 0
            repeat {
                after = try await store.rewrite(after: after, limit: 10) { user in
                    seen.note(user.place)
                    return user.with(state: .backingOff(due: .second(8)))
                }
                turns += 1
            } while after != nil
            #expect(turns == 11)
            // A store may look at a page again before it writes.
            var known: Set<Place> = []
            let first = seen.places.filter { known.insert($0).inserted }
            #expect(first == users.map(\.place).sorted())
            let listed = try await store.users(
                matching: UserFilter(state: .backingOff),
                after: nil,
                limit: .max
            )
            #expect(listed.count == 107)
            let next = try await store.nextDue()
            #expect(next == .second(8))
        }
    }

    @Test(arguments: Backend.allCases)
    func `a rewrite raises the revision of those it changes, and of no others`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            for id in ["changed", "same", "passed over"] { try await store.add(id) }
            let leased = try await store.leaseAll().sorted { $0.user.id < $1.user.id }
            let end = try await store.rewrite(after: nil, limit: 3) { user in
                switch user.id.rawValue {
                case "changed": user.with(state: .paused(nil))
                case "same": user
                default: nil
                }
            }
            #expect(end == nil)
            let results = try await store.settle(leased.map { $0.settlement() })
            #expect(results.count == 3)
            if case .changed? = results.first {} else { Issue.record("\(results)") }
            #expect(results.dropFirst() == [.settled, .settled])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a rewrite of an empty store ends at once`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let end = try await opened.store.rewrite(after: nil, limit: 10) { $0 }
            #expect(end == nil)
        }
    }
}
