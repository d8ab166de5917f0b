import Testing

@testable import RefreshCore

/// What alerts ask of a store.
@Suite struct AlertsContractTests {
    @Test(arguments: Backend.allCases)
    func `raised alerts outlive a restart until they are taken back`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let none = try await opened.store.raisedAlerts()
            #expect(none.isEmpty)
            let alerts = [
                Alert(
                    kind: .stale, since: .second(-90), figure: .init(value: 0.1, users: 5, total: 50, span: 3),
                    threshold: 0.05),
                Alert(kind: .late, since: .second(-5), figure: .init(value: 7_200.5), threshold: 3_600),
            ]
            try await opened.store.setRaisedAlerts([alerts[1]])
            try await opened.store.setRaisedAlerts(alerts)
            let second = try await opened.reopened()
            let kept = try await second.store.raisedAlerts()
            #expect(kept == alerts)
            try await second.store.setRaisedAlerts([])
            let third = try await second.reopened().store
            let gone = try await third.raisedAlerts()
            #expect(gone.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `tokens that expire soon are counted, not those that have or that last`(backend: Backend) async throws {
        try await backend.withStore { opened in
            for (index, second) in ([-1, 0, 1, 60, 61, nil] as [Int64?]).enumerated() {
                let expiry = second.map { Timestamp.second($0) }
                try await opened.store.put([NewUser("user \(index)", expiresAt: expiry)])
            }
            let count = try await opened.store.tokensExpiring(after: .now, until: .second(60))
            #expect(count == 2)
        }
    }

    @Test(arguments: Backend.allCases)
    func `of tokens that expire soon those are counted that nobody renews`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let users: [(expiry: Int64, renewal: Int64?, state: UserState)] = [
                (30, 20, .scheduled(due: .later)), (30, nil, .scheduled(due: .later)), (60, nil, .paused(nil)),
                (61, nil, .scheduled(due: .later)), (0, nil, .scheduled(due: .later)),
                (30, nil, .parked(.unauthorized, since: .now)),
            ]
            for (index, (expiry, renewal, state)) in users.enumerated() {
                _ = try await opened.store.put([NewUser("user \(index)", expiresAt: .second(expiry))]) { new, place in
                    User(
                        id: new.id, place: place, state: state, record: .init(slot: .now),
                        renewal: User.Renewal(due: renewal.map { .second($0) }, issuedAt: .second(-60)))
                } replaced: {
                    $1
                }
            }
            let count = try await opened.store.unrenewedTokensExpiring(after: .now, until: .second(60))
            #expect(count == 2)
        }
    }

    @Test(arguments: Backend.allCases)
    func `refused users are counted while they are called, and for a while after they were parked`(backend: Backend)
        async throws
    {
        try await backend.withStore { opened in
            let none = try await opened.store.refusalCount(parkedSince: .second(-60))
            #expect(none == RefusalCount(refused: 0, users: 0))
            let states: [(String, UserState, isRefused: Bool)] = [
                ("well", .scheduled(due: .later), false), ("rejected", .backingOff(due: .later), false),
                ("waits", .backingOff(due: .later), true), ("appointed", .scheduled(due: .later), true),
                ("just parked", .parked(.refused, since: .second(-60)), true),
                ("long parked", .parked(.refused, since: .second(-61)), true),
                ("token", .parked(.unauthorized, since: .now), true), ("paused", .paused(nil), true),
                ("paused for now", .paused(PauseEnd(until: .now, due: .later)), true),
            ]
            for (id, state, isRefused) in states {
                _ = try await opened.store.put([NewUser(id)]) { new, place in
                    var record = User.Record(slot: .now)
                    if isRefused { record.refusal = Refusal(status: 404, turns: 2, turnEnds: .later) }
                    return User(id: new.id, place: place, group: nil, state: state, record: record)
                } replaced: {
                    $1
                }
            }
            let count = try await opened.store.refusalCount(parkedSince: .second(-60))
            #expect(count == RefusalCount(refused: 3, users: 9))
            let recount = try await opened.reopened().store.refusalCount(parkedSince: .second(-60))
            #expect(recount == count)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a survey counts everybody once, by latest call and last success`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            func add(
                _ id: String, _ outcome: OutcomeKind? = nil, _ state: UserState = .scheduled(due: .later),
                group: String? = nil, at: Int64 = -30, success: Int64? = nil, failing: Int64? = nil
            ) async throws {
                _ = try await store.put([NewUser(id, group: group)]) { new, place in
                    var record = User.Record(slot: .now)
                    record.lastAttempt = outcome.map {
                        User.LastAttempt(at: .second(at), outcome: $0, httpStatus: nil, reason: nil)
                    }
                    record.lastSuccess = success.map { .second($0) }
                    record.failingSince = failing.map { .second($0) }
                    return User(id: new.id, place: place, group: new.group, state: state, record: record)
                } replaced: {
                    $1
                }
            }
            try await add("new")
            try await add("fresh", .refreshed, success: -30)
            try await add("older", .refreshed, at: -90, success: -90)
            try await add("too old", .refreshed, at: -120, success: -120)
            try await add("stale", .rejected, .backingOff(due: .later), success: -1_001, failing: -900)
            try await add("never", .unavailable, .backingOff(due: .later), at: -61, failing: -1_001)
            try await add("parked", .unauthorized, .parked(.unauthorized, since: .now), success: -2_000)
            try await add("paused", .refreshed, .paused(nil), success: -2_000)
            try await add("waits", .refreshed, at: -2_000, success: -2_000)
            try await add("slow", .rejected, group: "slow", at: -2_000, success: -2_000)
            _ = try await store.lease(UserID("fresh"), now: .now, until: .later).get()

            let slow = try #require(GroupName("slow"))
            for groups in [[:], [slow: Timestamp.second(-3_000)]] {
                let question = FleetSurvey.Question(
                    now: .now, window: .minutes(1), windows: 2, staleBefore: .second(-1_000),
                    staleBeforeByGroup: groups)
                let survey = try #require(try await store.survey(question))
                #expect(
                    survey.outcomes == [
                        [.refreshed: 2, .rejected: 1, .unauthorized: 1], [.refreshed: 1, .unavailable: 1],
                    ])
                #expect(survey.callable == 8)
                #expect(survey.stale == (groups.isEmpty ? 3 : 2))
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `a survey of a large store leaves nobody out`(backend: Backend) async throws {
        try await backend.withStore { opened in
            try await opened.store.put((0..<41_000).map { try NewUser("user \($0)") })
            let question = FleetSurvey.Question(now: .now, window: .hours(1), windows: 1, staleBefore: .now)
            let survey = try #require(try await opened.store.survey(question))
            #expect(survey.callable == 41_000)
        }
    }
}
