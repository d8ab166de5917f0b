import RefreshCore
import Testing

/// What the store knows of itself, and how many users stand where.
@Suite struct KeepingContractTests {
    @Test(arguments: Backend.allCases)
    func `the seed, the mark of the clocks and the other marks outlive a restart`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let seed = store.seed
            let noMark = try await store.clockMark()
            #expect(noMark == nil)
            let noMarks = try await store.marks()
            #expect(noMarks == StoreMarks())

            try await store.setEnvironment("https://one.example/rest")
            try await store.setEnvironment("https://other.example/rest")
            try await store.setHasGivenUpTokens(true)
            var mark = ClockMark(
                reading: ClockReading(wall: .second(1), sinceBoot: .seconds(5)),
                boot: BootID("0123456789abcdef0123456789ABCDEF"), longestGap: .hours(2), isMoving: true,
                ahead: .hours(-3))
            try await store.setClockMark(mark)
            let first = try await store.clockMark()
            #expect(first == mark)
            mark = ClockMark(reading: ClockReading(wall: .second(-1), sinceBoot: .zero), boot: nil)
            try await store.setClockMark(mark)
            let user = try await store.add("a")

            let next = try await opened.reopened().store
            #expect(next.seed == seed)
            let found = try await next.clockMark()
            #expect(found == mark)
            let marks = try await next.marks()
            #expect(
                marks
                    == StoreMarks(
                        environment: "https://other.example/rest", hasGivenUpTokens: true, hasUsers: true))
            try await next.setHasGivenUpTokens(false)
            let mended = try await next.marks()
            #expect(!mended.hasGivenUpTokens)
            let stored = try await next.user("a")
            #expect(stored == user)
        }
    }

    @Test(arguments: Backend.allCases)
    func `the operator's pause outlives a restart, with its end or without, until it is taken back`(
        backend: Backend
    ) async throws {
        try await backend.withStore { opened in
            let none = try await opened.store.fleetPause()
            #expect(none == nil)
            try await opened.store.setFleetPause(FleetPause(until: nil))
            try await opened.store.setFleetPause(FleetPause(until: .second(5), reason: "night shift"))
            let second = try await opened.reopened()
            let timed = try await second.store.fleetPause()
            #expect(timed == FleetPause(until: .second(5), reason: "night shift"))
            try await second.store.setFleetPause(FleetPause(until: nil))
            let third = try await second.reopened()
            let endless = try await third.store.fleetPause()
            #expect(endless == FleetPause(until: nil))
            try await third.store.setFleetPause(nil)
            try await third.store.setFleetPause(nil)
            let fourth = try await third.reopened().store
            let gone = try await fourth.fleetPause()
            #expect(gone == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func `every store has a seed of its own`(backend: Backend) async throws {
        try await backend.withStore { first in
            try await backend.withStore { second in
                #expect(first.store.seed != second.store.seed)
            }
        }
    }

    @Test(arguments: Backend.allCases)
    func `the census counts everybody once`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let empty = try await store.census(now: .now)
            #expect(empty == Census())

            for index in 0..<6 {
                try await store.add("due \(index)", .scheduled(due: .second(Int64(index) - 5)))
            }
            try await store.add("waits", .backingOff(due: .second(-60)))
            try await store.add("later", .scheduled(due: .second(1)))
            try await store.add("parked", .parked(.refused, since: .second(-90)))
            try await store.add("refused", .parked(.unauthorized, since: .second(-80)))
            try await store.add("refused too", .parked(.unauthorized, since: .second(-70)))
            try await store.add("paused", .paused(nil))
            try await store.add("pausing", .paused(PauseEnd(until: .second(5), due: .second(6))))
            _ = try await store.leaseAll(limit: 2)
            _ = try await store.lease(UserID("parked"), now: .now, until: .later).get()

            var expected = Census()
            expected.users = 13
            expected.byState = [.scheduled: 7, .backingOff: 1, .parked: 3, .paused: 2]
            expected.byParkReason = [.refused: 1, .unauthorized: 2]
            expected.overdue = 5
            expected.leased = 3
            expected.oldestDue = .second(-4)
            let census = try await store.census(now: .now)
            #expect(census == expected)
        }
    }

    @Test(arguments: Backend.allCases)
    func `the histogram counts everybody once, where it falls due`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("overdue", .scheduled(due: .second(-1)))
            try await store.add("at the start", .scheduled(due: .second(0)))
            try await store.add("at the end of a bucket", .backingOff(due: .second(59)))
            try await store.add("at the start of the next", .scheduled(due: .second(60)))
            try await store.add("last", .scheduled(due: .second(179)))
            try await store.add("later", .backingOff(due: .second(180)))
            try await store.add("called", .scheduled(due: .second(70)))
            try await store.add("parked", .parked(.refused, since: .second(-90)))
            try await store.add("paused", .paused(nil))
            try await store.add("pausing", .paused(PauseEnd(until: .second(5), due: .second(61))))
            _ = try await store.lease(UserID("called"), now: .now, until: .later).get()
            try await store.put([NewUser("gold one", group: "gold")], in: .scheduled(due: .second(1)))
            try await store.put([NewUser("old one", group: "old")], in: .scheduled(due: .second(2)))

            var expected = DueHistogram.Row(group: nil, count: 3)
            expected.scheduled = [2, 2, 1]
            expected.backingOff = [1, 0, 0]
            expected.overdue = 2
            expected.later = 1
            expected.parked = 1
            expected.paused = 1
            var gold = DueHistogram.Row(group: GroupName("gold"), count: 3)
            gold.scheduled[0] = 1
            let groups = Set([GroupName("gold"), GroupName("empty")].compactMap(\.self))
            let split = try await store.dueHistogram(from: .now, width: .minutes(1), count: 3, groups: groups)
            #expect(split == DueHistogram(from: .now, width: .minutes(1), rows: [expected, gold]))

            expected.scheduled[0] += 1
            let whole = try await store.dueHistogram(from: .now, width: .minutes(1), count: 3, groups: [])
            #expect(whole.rows == [expected])
        }
    }

    @Test(arguments: Backend.allCases)
    func `the histogram of a large store leaves nobody out`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.put((0..<41_000).map { try NewUser("user \($0)") }, in: .scheduled(due: .second(5)))
            let histogram = try await store.dueHistogram(from: .now, width: .seconds(1), count: 10, groups: [])
            #expect(histogram.rows.map { $0.scheduled[5] } == [41_000])
            #expect(histogram.rows.map(\.callable) == [41_000])
        }
    }
}
