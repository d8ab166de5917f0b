import RefreshCore
import Testing

/// Who is leased, in which order, and who is not.
@Suite struct LeasingContractTests {
    @Test(arguments: Backend.allCases)
    func `an empty store has nothing due and nothing to lease`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let due = try await opened.store.nextDue()
            #expect(due == nil)
            let leased = try await opened.store.leaseAll()
            #expect(leased.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `leases the oldest first and no more than asked for`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            for (id, second) in [("c", -30), ("a", -10), ("d", -40), ("b", -20)] as [(String, Int64)] {
                try await store.add(id, .scheduled(due: .second(second)))
            }
            let first = try await store.leaseAll(limit: 3)
            #expect(first.map(\.user.id.rawValue) == ["d", "c", "b"])
            let rest = try await store.leaseAll(limit: 3)
            #expect(rest.map(\.user.id.rawValue) == ["a"])
        }
    }

    @Test(arguments: Backend.allCases)
    func `leases users that are due at the same moment in the order of their places`(
        backend: Backend
    ) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let users = try await store.put((0..<200).map { try NewUser("user \($0)") }).map(\.user)
            let leased = try await store.leaseAll(limit: 150)
            #expect(leased.map(\.user.place) == Array(users.map(\.place).sorted().prefix(150)))
            // Those and no others: the rest can still be leased, and each lease settles.
            let rest = try await store.leaseAll()
            #expect(rest.map(\.user.place) == Array(users.map(\.place).sorted().suffix(50)))
            let results = try await store.settle((leased + rest).map { $0.settlement() })
            #expect(results == Array(repeating: .settled, count: 200))
        }
    }

    @Test(arguments: Backend.allCases)
    func `leases a user the moment it is due and not before`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a", .scheduled(due: .now))
            let early = try await store.leaseDue(
                now: Timestamp(microsecondsSinceEpoch: Timestamp.now.microsecondsSinceEpoch - 1),
                until: .later,
                limit: 10
            )
            #expect(early.isEmpty)
            let onTime = try await store.leaseAll()
            #expect(onTime.count == 1)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a leased user is not leased again, not even past the lease's end`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let first = try await store.leaseAll()
            #expect(first.count == 1)
            #expect(first.first?.lease.until == .later)
            let again = try await store.leaseDue(now: .second(86_400), until: .second(86_700), limit: 10)
            #expect(again.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a lease brings the user, its token and a lease of its own`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let new = try (0..<50).map {
                try NewUser("user \($0)", group: "night", expiresAt: .second(Int64($0)))
            }
            let users = try await store.put(new).map(\.user)
            let leased = try await store.leaseAll()
            for (new, user) in zip(new, users) {
                let one = try #require(leased.first { $0.user.id == new.id })
                #expect(one.user == user)
                #expect(one.token == new.token)
                #expect(one.lease.place == user.place)
            }
            #expect(Set(leased.map(\.lease)).count == 50)
        }
    }

    @Test(arguments: Backend.allCases)
    func `leases users that wait after a failure or whose pause has ended`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a", .backingOff(due: .second(-2)))
            try await store.add("b", .paused(PauseEnd(until: .second(-5), due: .second(-1))))
            let leased = try await store.leaseAll()
            #expect(leased.map(\.user.id.rawValue) == ["a", "b"])
        }
    }

    @Test(arguments: Backend.allCases)
    func `leases for probes first who was answered last time and last who was refused, each oldest first`(
        backend: Backend
    ) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            var expected: [[String]] = [[], [], []]
            for (index, outcome) in ([nil] + OutcomeKind.allCases.map { $0 } + OutcomeKind.allCases.reversed())
                .enumerated()
            {
                let id = "user \(index)"
                try await store.add(id, .scheduled(due: .second(Int64(index) - 100)))
                _ = try await store.update(UserID(id)) { user in
                    var user = user
                    user.record.lastAttempt = outcome.map {
                        User.LastAttempt(at: .second(-1_000), outcome: $0, httpStatus: nil, reason: nil)
                    }
                    return user
                }
                expected[outcome?.rankForProbe ?? 1].append(id)
            }
            try await store.add("not due", .scheduled(due: .second(1)))
            let order = expected.flatMap { $0 }
            var leased: [LeasedUser] = []
            for limit in [3, 1, 100] {
                let next = try await store.leaseProbes(now: .now, until: .later, limit: limit)
                #expect(next.map(\.user.id.rawValue) == Array(order.dropFirst(leased.count).prefix(limit)))
                leased += next
            }
            #expect(leased.count == order.count)
            #expect(leased.first?.lease.until == .later)
            let results = try await store.settle(leased.map { $0.settlement() })
            #expect(results.allSatisfy { $0 == .settled })
        }
    }

    @Test(arguments: Backend.allCases)
    func `leases for probes whoever is due, where nobody was answered`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.put((0..<30).map { try NewUser("user \($0)") })
            let leased = try await store.leaseProbes(now: .now, until: .later, limit: 3)
            #expect(leased.count == 3)
            let rest = try await store.leaseAll()
            #expect(rest.count == 27)
            let nobody = try await store.leaseProbes(now: .now, until: .later, limit: 3)
            #expect(nobody.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `never leases a user that is parked, paused for good or paused still`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            for reason in ParkReason.allCases {
                try await store.add(reason.rawValue, .parked(reason, since: .second(-100)))
            }
            try await store.add("for good", .paused(nil))
            let never = try await store.nextDue()
            #expect(never == nil)
            try await store.add("still", .paused(PauseEnd(until: .second(10), due: .second(20))))
            let leased = try await store.leaseDue(now: .second(19), until: .later, limit: 10)
            #expect(leased.isEmpty)
            let next = try await store.nextDue()
            #expect(next == .second(20))
        }
    }

    @Test(arguments: Backend.allCases)
    func `next due is the earliest moment of those that nobody holds`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a", .scheduled(due: .second(-1)))
            try await store.add("b", .scheduled(due: .second(100)))
            let before = try await store.nextDue()
            #expect(before == .second(-1))
            let leased = try await store.leaseAll()
            let during = try await store.nextDue()
            #expect(during == .second(100))
            _ = try await store.settle(leased.map { $0.settlement(due: .second(50)) })
            let after = try await store.nextDue()
            #expect(after == .second(50))
        }
    }

    @Test(arguments: Backend.allCases)
    func `one user is leased by name whatever its state`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let states: [UserState] = [
                .scheduled(due: .second(9_000)), .backingOff(due: .second(9_000)),
                .parked(.forbidden, since: .second(-1)), .paused(nil),
            ]
            for (index, state) in states.enumerated() {
                let user = try await store.add("user \(index)", state)
                let leased = try await store.lease(user.id, now: .now, until: .later).get()
                #expect(leased.user == user)
                let again = try await store.lease(user.id, now: .second(9_999), until: .second(10_000))
                #expect(again == .failure(.inFlight(until: .later)))
            }
            let nobody = try await store.lease(UserID("nobody"), now: .now, until: .later)
            #expect(nobody == .failure(.noSuchUser))
        }
    }

    @Test(arguments: Backend.allCases)
    func `a user leased by name is not leased by the schedule`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let user = try await store.add("a")
            _ = try await store.lease(user.id, now: .now, until: .later).get()
            let leased = try await store.leaseAll()
            #expect(leased.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `a released user stands as it stood`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            let user = try await store.add("a", .backingOff(due: .second(-1)))
            let first = try await store.leaseAll()
            try await store.release(first.map(\.lease))
            let released = try await store.user("a")
            #expect(released == user)
            let next = try await store.nextDue()
            #expect(next == .second(-1))
            let second = try await store.leaseAll()
            #expect(second.first?.user == user)
            #expect(second.first?.revision == first.first?.revision)
        }
    }

    @Test(arguments: Backend.allCases)
    func `releasing a lease that is gone frees nobody`(backend: Backend) async throws {
        try await backend.withStore { opened in
            let store = opened.store
            try await store.add("a")
            let first = try await store.leaseAll()
            try await store.release(first.map(\.lease))
            let second = try await store.leaseAll()
            #expect(second.count == 1)
            try await store.release(first.map(\.lease))
            let third = try await store.leaseAll()
            #expect(third.isEmpty)
        }
    }

    @Test(arguments: Backend.allCases)
    func `whoever is handed back or falls due again comes before those who were due later`(backend: Backend)
        async throws
    {
        try await backend.withStore { opened in
            let store = opened.store
            for index in 0..<10 { try await store.add("user \(index)", .scheduled(due: .second(Int64(index) - 100))) }
            try await store.add("parked", .parked(.forbidden, since: .second(-200)))
            let first = try await store.leaseAll(limit: 6)
            #expect(first.map(\.user.id.rawValue) == (0..<6).map { "user \($0)" })
            // In the middle, the last one, and one that was not called for long.
            try await store.release([first[5].lease, first[2].lease])
            let released = try await store.nextDue()
            #expect(released == .second(-98))
            let results = try await store.settle([
                first[3].settlement(due: .second(-99)), first[0].settlement(due: .second(-150)),
                first[1].settlement(due: .second(-97)),
            ])
            #expect(results == [.settled, .settled, .settled])
            let settled = try await store.nextDue()
            #expect(settled == .second(-150))
            let second = try await store.leaseAll(limit: 2)
            #expect(second.map(\.user.id.rawValue) == ["user 0", "user 3"])
            // An operator has somebody called whose turn was before them all, and adds another one.
            _ = try await store.update(UserID("parked")) { $0.with(state: .scheduled(due: .second(-199))) }
            try await store.add("new", .scheduled(due: .second(-198)))
            let resumed = try await store.nextDue()
            #expect(resumed == .second(-199))
            let third = try await store.leaseProbes(now: .now, until: .later, limit: 3)
            #expect(third.map(\.user.id.rawValue) == ["parked", "new", "user 2"])
            let rest = try await store.leaseAll()
            #expect(rest.map(\.user.id.rawValue) == ["user 1", "user 5"] + (6..<10).map { "user \($0)" })
            let nobody = try await store.nextDue()
            #expect(nobody == nil)
        }
    }

    @Test(arguments: Backend.allCases)
    func `of many who are due at one moment those handed back are leased again, and nobody twice`(backend: Backend)
        async throws
    {
        try await backend.withStore { opened in
            let store = opened.store
            let places = try await store.put((0..<60).map { try NewUser("user \($0)") }).map(\.user.place).sorted()
            var held: [Place: Lease] = [:]
            for round in 0..<8 {
                let leased = try await store.leaseAll(limit: 10)
                #expect(leased.count == 10)
                #expect(leased.map(\.user.place) == Array(places.filter { held[$0] == nil }.prefix(10)))
                for one in leased { held[one.user.place] = one.lease }
                let back = held.sorted { $0.key < $1.key }.enumerated().filter { ($0.offset + round) % 3 == 0 }
                try await store.release(back.map(\.element.value))
                for one in back { held[one.element.key] = nil }
            }
        }
    }
}
