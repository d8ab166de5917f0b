import RefreshCore
import Testing

/// Every field of every kind of user comes back as it was written, whichever way it is written and read.
@Suite struct RecordContractTests {
    private struct Fixture {
        let new: NewUser
        let state: UserState
        let record: User.Record
    }

    private static func fixtures(_ count: Int, random: inout RandomUsers) throws -> [Fixture] {
        try (0..<count).map { index in
            Fixture(new: try random.new(index), state: random.state(), record: random.record())
        }
    }

    private static func store(_ fixtures: [Fixture], in store: any UserStore) async throws -> [User] {
        let byID = Dictionary(uniqueKeysWithValues: fixtures.map { ($0.new.id, $0) })
        let results = try await store.put(fixtures.map(\.new)) { new, place in
            let fixture = byID[new.id]
            return User(
                id: new.id,
                place: place,
                group: new.group,
                state: fixture?.state ?? .paused(nil),
                record: fixture?.record ?? User.Record(slot: .epoch)
            )
        } replaced: { _, stored in
            stored
        }
        return results.map(\.user)
    }

    @Test(arguments: Backend.allCases, [1, 2, 3] as [UInt64])
    func `a user put is the user read`(backend: Backend, seed: UInt64) async throws {
        var random = RandomUsers(seed: seed)
        let fixtures = try Self.fixtures(300, random: &random)
        try await backend.withStore { opened in
            let users = try await Self.store(fixtures, in: opened.store)
            let reopened = try await opened.reopened()
            for (fixture, user) in zip(fixtures, users) {
                #expect(
                    user
                        == User(
                            id: fixture.new.id,
                            place: user.place,
                            group: fixture.new.group,
                            state: fixture.state,
                            record: fixture.record,
                            tokenVersion: 1,
                            tokenExpiresAt: fixture.new.expiresAt
                        )
                )
                let read = try await reopened.store.user(user.id)
                #expect(read == user)
                let leased = try await reopened.store.lease(user.id, now: .now, until: .later).get()
                #expect(leased.user == user)
                #expect(leased.token == fixture.new.token)
            }
            let listed = try await reopened.store.users(matching: .all, after: nil, limit: .max)
            #expect(listed == users.sorted { $0.id < $1.id })
        }
    }

    @Test(arguments: Backend.allCases, [4, 5, 6] as [UInt64])
    func `a user settled, updated or rewritten is the user read`(backend: Backend, seed: UInt64) async throws {
        var random = RandomUsers(seed: seed)
        let first = try Self.fixtures(300, random: &random)
        let second = try Self.fixtures(300, random: &random)
        try await backend.withStore { opened in
            let users = try await Self.store(first, in: opened.store)
            var expected: [UserID: User] = [:]
            for (user, next) in zip(users, second) {
                var changed = user
                changed.state = next.state
                changed.record = next.record
                expected[user.id] = changed
            }
            let targets = expected
            var settlements: [Settlement] = []
            for user in users[..<100] {
                let leased = try await opened.store.lease(user.id, now: .now, until: .later).get()
                let target = try #require(targets[user.id])
                settlements.append(Settlement(lease: leased.lease, revision: leased.revision, user: target))
            }
            let results = try await opened.store.settle(settlements)
            #expect(results.allSatisfy { $0 == .settled })
            for user in users[100..<200] {
                let updated = try await opened.store.update(user.id) { targets[$0.id] ?? $0 }
                #expect(updated == targets[user.id])
            }
            let rest = Set(users[200...].map(\.id))
            let end = try await opened.store.rewrite(after: nil, limit: .max) {
                rest.contains($0.id) ? targets[$0.id] : nil
            }
            #expect(end == nil)

            let reopened = try await opened.reopened()
            for user in users {
                let read = try await reopened.store.user(user.id)
                #expect(read == targets[user.id])
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `ids that only look the same are two users`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let composed = try await opened.store.add("\u{C5}sa")
            let decomposed = try await opened.store.add("A\u{30A}sa")
            let census = try await opened.store.census(now: .now)
            #expect(census.users == 2)
            let listed = try await opened.store.users(matching: .all, after: nil, limit: 10)
            #expect(listed == [decomposed, composed])
        }
    }
}
