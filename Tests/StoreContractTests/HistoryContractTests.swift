import RefreshCore
import Testing

/// Every settled attempt is in its user's history once, newest first, until it is pruned or the user removed.
@Suite struct HistoryContractTests {
    @Test(arguments: Backend.allCases)
    func `an attempt is kept with all that is known of it`(backend: Backend) async throws {
        try await backend.withStore { opened in
            try await opened.store.add("a")
            var attempts = [
                AttemptRecord(
                    startedAt: .second(1), duration: .milliseconds(2_345), trigger: .schedule, outcome: .refreshed,
                    httpStatus: 200, reason: nil, number: 1),
                AttemptRecord(
                    startedAt: .second(2), duration: .zero, trigger: .manual, outcome: .rejected,
                    httpStatus: nil, reason: "é\u{301} 'quoted' \\ 🏦", number: 70_000),
                AttemptRecord(
                    startedAt: Timestamp(microsecondsSinceEpoch: -1), duration: .days(2), trigger: .manual,
                    outcome: .unknown, httpStatus: 599, reason: "", number: 2),
            ]
            attempts[1].isForced = true
            for attempt in attempts { try await opened.store.settle(attempt, of: "a") }
            let reopened = try await opened.reopened()
            let history = try await reopened.store.history(of: UserID("a"), before: nil, limit: 10)
            #expect(history == [attempts[1], attempts[0], attempts[2]])
        }
    }

    @Test(arguments: Backend.allCases)
    func `the newest come first, page by page`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let moments = [0, 1, 86_399, 86_400, 86_401, 90 * 86_400, 400 * 86_400].map { Timestamp.second($0) }
            for moment in moments.shuffled() { try await store.settle(.at(moment), of: "a") }
            var seen: [Timestamp] = []
            while let page = try await store.history(of: UserID("a"), before: seen.last, limit: 2), !page.isEmpty {
                seen += page.map(\.startedAt)
            }
            #expect(seen == moments.reversed())
            let within = try await store.history(
                of: UserID("a"), before: moments[1].advanced(by: .microseconds(1)), limit: 10)
            #expect(within?.map(\.startedAt) == [moments[1], moments[0]])
        }
    }

    @Test(arguments: Backend.allCases)
    func `only a settlement that is written leaves an attempt, and leaves it once`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let leased = try #require(try await store.leaseAll().first)
            _ = try await store.update(leased.user.id) { $0 }
            let stale = leased.settlement(attempt: .at(.second(1)))
            let changed = try await store.settle([stale])
            guard case .changed(let user, let revision) = changed[0] else {
                Issue.record("\(changed)")
                return
            }
            let nothing = try await store.history(of: leased.user.id, before: nil, limit: 10)
            #expect(nothing == [])
            let again = Settlement(
                lease: leased.lease, revision: revision, user: user, attempt: .at(.second(2)))
            let results = try await store.settle([again, again, stale])
            #expect(results == [.settled, .refused, .refused])
            let history = try await store.history(of: leased.user.id, before: nil, limit: 10)
            #expect(history == [.at(.second(2))])
            let tallies = try await store.attemptTallies(since: .epoch)
            #expect(tallies.counts == [.refreshed: 1])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a settlement without an attempt leaves none`(backend: Backend) async throws {
        try await backend.withStore { opened in
            try await opened.store.add("a")
            let leased = try #require(try await opened.store.leaseAll().first)
            _ = try await opened.store.settle([leased.settlement()])
            let history = try await opened.store.history(of: leased.user.id, before: nil, limit: 10)
            #expect(history == [])
        }
    }

    @Test(arguments: Backend.allCases)
    func `two attempts in the same millisecond are both kept, in a large batch too`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.put((0..<120).map { try NewUser("user \($0)") })
            for _ in 0..<3 { try await store.settleAll { _ in .at(.second(1)) } }
            for index in 0..<120 {
                let history = try await store.history(of: UserID("user \(index)"), before: nil, limit: 10)
                #expect(
                    history?.map(\.startedAt) == [2, 1, 0].map { Timestamp.second(1).advanced(by: .milliseconds($0)) })
            }
            let tallies = try await store.attemptTallies(since: .epoch)
            #expect(tallies.counts == [.refreshed: 360])
        }
    }

    @Test(arguments: Backend.allCases)
    func `a removed user leaves no history, to nobody who is added after it`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            for id in ["a", "b"] {
                try await store.add(id)
                for day in 0..<3 as Range<Int64> { try await store.settle(.at(.second(day * 86_400)), of: id) }
            }
            _ = try await store.remove(UserID("a"))
            let gone = try await store.history(of: UserID("a"), before: nil, limit: 10)
            #expect(gone == nil)
            let uncounted = try await store.historyCounts(of: UserID("a"), since: .epoch)
            #expect(uncounted == nil)
            try await store.add("a")
            let fresh = try await store.history(of: UserID("a"), before: nil, limit: 10)
            #expect(fresh == [])
            let other = try await store.history(of: UserID("b"), before: nil, limit: 10)
            #expect(other?.count == 3)
        }
    }

    @Test(arguments: Backend.allCases)
    func `attempts are counted by outcome, of one user and of all`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let base = Timestamp.startOfDay(Timestamp.now.day)
            func moment(_ seconds: Int64) -> Timestamp { base.advanced(by: .seconds(seconds)) }
            for id in ["a", "b"] { try await store.add(id) }
            try await store.settle(.at(moment(-1), .rejected), of: "a")
            try await store.settle(.at(moment(0)), of: "a")
            try await store.settle(.at(moment(299), .unknown), of: "a")
            try await store.settle(.at(moment(300)), of: "a")
            try await store.settle(.at(moment(301)), of: "b")
            try await store.settle(.at(moment(86_400)), of: "a")

            let counts = try await store.historyCounts(of: UserID("a"), since: moment(0))
            #expect(counts?.byOutcome == [.refreshed: 3, .unknown: 1] && counts?.oldest == moment(0))
            let all = try await store.historyCounts(of: UserID("a"), since: moment(-1))
            #expect(all?.byOutcome == [.refreshed: 3, .unknown: 1, .rejected: 1])
            #expect(all?.oldest == moment(-1))
            let none = try await store.historyCounts(of: UserID("b"), since: moment(302))
            #expect(none == HistoryCounts())

            let tallies = try await store.attemptTallies(since: moment(299))
            #expect(
                tallies == [
                    AttemptTally(from: moment(0), counts: [.refreshed: 1, .unknown: 1]),
                    AttemptTally(from: moment(300), counts: [.refreshed: 2]),
                    AttemptTally(from: moment(86_400), counts: [.refreshed: 1]),
                ])
        }
    }

    @Test(arguments: Backend.allCases)
    func `nobody has a history who is not stored`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let history = try await opened.store.history(of: UserID("nobody"), before: nil, limit: 10)
            #expect(history == nil)
            let counts = try await opened.store.historyCounts(of: UserID("nobody"), since: .epoch)
            #expect(counts == nil)
            let tallies = try await opened.store.attemptTallies(since: .epoch)
            #expect(tallies.isEmpty)
        }
    }
}
