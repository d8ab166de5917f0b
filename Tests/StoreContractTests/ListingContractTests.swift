import Testing

@testable import RefreshCore

/// Listing the first users in an order other than that of their ids.
@Suite struct ListingContractTests {
    /// Stores users of every kind and returns them as they stand.
    private func fill(_ store: any UserStore, seed: UInt64, count: Int = 400) async throws -> [User] {
        var random = RandomUsers(seed: seed)
        let drawn = try (0..<count).map {
            (new: try random.new($0), state: random.state(), record: random.record())
        }
        let byID = Dictionary(uniqueKeysWithValues: drawn.map { ($0.new.id, ($0.state, $0.record)) })
        return try await store.put(drawn.map(\.new)) { new, place in
            let (state, record) = byID[new.id] ?? (.paused(nil), User.Record(slot: .epoch))
            return User(id: new.id, place: place, group: new.group, state: state, record: record)
        } replaced: { _, stored in
            stored
        }.map(\.user)
    }

    /// As it is meant, written down without keys.
    private func isBefore(_ one: User, _ other: User, _ order: UserOrder) -> Bool {
        func soonest(_ one: Timestamp?, _ other: Timestamp?) -> Bool? {
            one == other ? nil : (one ?? .distantFuture) < (other ?? .distantFuture)
        }
        let answer: Bool? =
            switch order {
            case .due: soonest(one.state.due, other.state.due)
            case .expiry: soonest(one.tokenExpiresAt, other.tokenExpiresAt)
            case .failures:
                one.record.failures == other.record.failures ? nil : one.record.failures > other.record.failures
            case .lastSuccess:
                one.record.lastSuccess == other.record.lastSuccess
                    ? nil
                    : (one.record.lastSuccess?.microsecondsSinceEpoch ?? .min)
                        < (other.record.lastSuccess?.microsecondsSinceEpoch ?? .min)
            }
        return answer ?? (one.id < other.id)
    }

    @Test(arguments: Backend.allCases, UserOrder.allCases)
    func `the first users in an order are the same as of all users sorted`(backend: Backend, order: UserOrder)
        async throws
    {
        try await backend.withStore { opened in
            let users = try await fill(opened.store, seed: 21)
            // Without the corner values, which are as good as none.
            let plain = users.filter { user in
                let moments = [user.state.due, user.record.lastSuccess, user.tokenExpiresAt].compactMap(\.self)
                return moments.allSatisfy { $0 > Timestamp(microsecondsSinceEpoch: .min) && $0 < .distantFuture }
            }
            let expected = plain.sorted { isBefore($0, $1, order) }
            let known = Set(plain.map(\.id))
            let all = try await opened.store.users(matching: .all, by: order, limit: .max)
            #expect(all.count == users.count)
            #expect(all.filter { known.contains($0.id) } == expected)
            let first = try await opened.store.users(matching: .all, by: order, limit: 7)
            #expect(first == Array(all.prefix(7)))
            let none = try await opened.store.users(matching: .all, by: order, limit: 0)
            #expect(none.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func
        `a list may leave out who was refreshed lately, whose token is good for longer, and who is not parked for a reason`(
            backend: Backend
        )
        async throws
    {
        try await backend.withStore { opened in
            let users = try await fill(opened.store, seed: 22)
            let stale = UserFilter(notRefreshedSince: .now)
            let expiring = UserFilter(state: .parked, expiringBefore: .now)
            let refused = UserFilter(parkReason: .refused)
            for filter in [stale, expiring, refused] {
                let expected = users.filter { user in
                    if filter == refused { return if case .parked(.refused, _) = user.state { true } else { false } }
                    // Who was never refreshed counts from the first failure, or from when it was due.
                    let record = user.record
                    return filter == stale
                        ? record.lastSuccess ?? record.failingSince ?? record.slot < .now
                        : user.state.kind == .parked && (user.tokenExpiresAt.map { $0 < .now } ?? false)
                }
                #expect(!expected.isEmpty && expected.count < users.count)
                let byID = try await opened.store.users(matching: filter, after: nil, limit: .max)
                #expect(byID == expected.sorted { $0.id < $1.id })
                let byExpiry = try await opened.store.users(matching: filter, by: .expiry, limit: .max)
                #expect(Set(byExpiry.map(\.id)) == Set(expected.map(\.id)))
                #expect(byExpiry.count == expected.count)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `of many users the first are found wherever they lie`(backend: Backend) async throws {
        // More than are looked at in one go.
        let count = 20_500
        try await backend.withStore { opened in
            _ = try await opened.store.put((0..<count).map { try NewUser("user \($0)") }) { new, place in
                let number = new.id.rawValue.split(separator: " ").last.flatMap { Int64($0) } ?? 0
                return User(
                    id: new.id, place: place, group: nil, state: .scheduled(due: .second(number)),
                    record: User.Record(slot: .second(number)))
            } replaced: { _, stored in
                stored
            }
            let first = try await opened.store.users(matching: .all, by: .due, limit: 1_500)
            #expect(first.map(\.id.rawValue) == (0..<1_500).map { "user \($0)" })
            let all = try await opened.store.users(matching: .all, by: .due, limit: .max)
            #expect(all.count == count)
            #expect(all.last?.id.rawValue == "user \(count - 1)")
        }
    }

    @Test(arguments: Backend.allCases, [300, 2_500])
    func `a page of lines is that of the users, each with its own history`(backend: Backend, count: Int) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            _ = try await fill(store, seed: 23, count: count)
            let busy = try await store.users(matching: .all, after: nil, limit: .max).enumerated()
                .filter { $0.offset % 7 == 0 }.map(\.element)
            for user in busy { try await store.settle(.at(.now), of: user.id.rawValue) }
            for user in busy.prefix(5) { try await store.settle(.saying("later"), of: user.id.rawValue) }
            @Sendable func line(_ user: User, _ attempts: [AttemptRecord]) -> [UInt8] {
                Array("\(user) \(attempts)".utf8)
            }
            func expected(_ filter: UserFilter, _ after: UserID?, _ limit: Int, _ histories: Bool) async throws
                -> [[UInt8]]
            {
                var lines: [[UInt8]] = []
                for user in try await store.users(matching: filter, after: after, limit: limit) {
                    let history = histories ? try await store.history(of: user.id, before: nil, limit: .max) : nil
                    lines.append(line(user, history ?? []))
                }
                return lines
            }
            for histories in [true, false] {
                for (filter, after, limit) in [
                    (UserFilter.all, nil, Int.max), (UserFilter.all, busy[3].id, count / 2),
                    (UserFilter(outcome: .rejected), nil, 4), (UserFilter(state: .paused), busy[1].id, .max),
                ] {
                    let lines = try await store.lines(
                        matching: filter, after: after, limit: limit, histories: histories, line)
                    #expect(try await lines == expected(filter, after, limit, histories))
                    #expect(!lines.isEmpty)
                }
            }
        }
    }
}
