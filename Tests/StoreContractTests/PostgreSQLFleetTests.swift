import RefreshCore
import Testing

@testable import PostgreSQLStore

/// What daemons of one store tell each other.
///
/// The server's clock stands where a test sets it.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLFleetTests {
    /// Two openings of one store, as members of its fleet.
    private struct Pair {
        let settings: ConnectionSettings
        let one: PostgreSQLUserStore
        let two: PostgreSQLUserStore
        let first: PostgreSQLFleet
        let second: PostgreSQLFleet

        /// Both beat, so that both are heard of.
        @discardableResult
        func beat() async throws -> FleetState {
            _ = try await first.beat(MemberReport())
            return try await second.beat(MemberReport())
        }

        /// So many seconds later by the server's clock, at which both beat.
        func pass(_ seconds: Int64) async throws {
            try await settings.setServerClock(.second(seconds))
            try await beat()
        }
    }

    private static func withPair(_ body: (Pair) async throws -> Void) async throws {
        try await withPostgreSQLDatabase { settings in
            let one = try await settings.open(leaseClock: .server)
            try await settings.setServerClock(.now)
            let two = try await settings.open(as: "two", leaseClock: .server)
            try await body(
                Pair(
                    settings: settings, one: one, two: two, first: one.fleet(version: "1.0"),
                    second: two.fleet(version: "1.1")))
            await one.close()
            await two.close()
        }
    }

    // MARK: Members

    @Test func `a beat brings all members by name, what each tells of itself, and when it was heard of`()
        async throws
    {
        try await Self.withPair { pair in
            let report = MemberReport(
                keys: ["k2", "k1"], settings: ["a.b": "é \""], callsInFlight: 3, calls: 70)
            let alone = try await pair.second.beat(report)
            #expect(alone.calendar == .now && alone.member == pair.two.member)
            let two = FleetMember(
                id: pair.two.member, name: "two", version: "1.1", joinedAt: .now, seenAt: .now, report: report)
            #expect(alone.members == [two])
            try await pair.settings.setServerClock(.second(2))
            let both = try await pair.first.beat(MemberReport())
            let one = FleetMember(
                id: pair.one.member, name: "one", version: "1.0", joinedAt: .second(2), seenAt: .second(2))
            #expect(both.members == [one, two])
            #expect(both.living == [one, two] && both.vanished.isEmpty)
            #expect(both.pause == nil && both.breaker == nil && both.prober == nil && both.debts.isEmpty)
            try await pair.settings.setServerClock(.second(4))
            let later = try await pair.second.beat(MemberReport(calls: 71))
            #expect(later.members.map(\.seenAt) == [.second(2), .second(4)])
            #expect(later.members.map(\.joinedAt) == [.second(2), .now])
            #expect(later.members.last?.report == MemberReport(calls: 71))
        }
    }

    @Test func `the calendar of a beat is the server's`() async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open(leaseClock: .server)
            let fleet = store.fleet(version: "1")
            let first = try await fleet.beat(MemberReport()).calendar
            let told = try await settings.rows("SELECT bankrefreshd.now_us()::text").first
            let own = try #require(told.flatMap(Int64.init))
            let second = try await fleet.beat(MemberReport()).calendar
            #expect((first...second).contains(Timestamp(microsecondsSinceEpoch: own)))
            await store.close()
        }
    }

    @Test func `who has the name of a member that lives is refused, and joins once that vanished or left`()
        async throws
    {
        try await Self.withPair { pair in
            _ = try await pair.first.beat(MemberReport())
            let other = try await pair.settings.open(leaseClock: .server)
            let fleet = other.fleet(version: "2.0")
            try await pair.settings.setServerClock(.second(6))
            let expected = StoreProblem.memberOfSameName(
                place: pair.settings.place, name: "one", version: "1.0", since: .now)
            await #expect(throws: expected) { try await fleet.beat(MemberReport()) }
            #expect(expected.description.contains("named \"one\"") && expected.description.contains("version 1.0"))
            #expect(expected.remedy?.contains("store.postgresql.member") ?? false)
            // What was refused is not there, and who was there first goes on.
            let first = try await pair.first.beat(MemberReport())
            #expect(first.members.map(\.id) == [pair.one.member])
            try await pair.settings.setServerClock(Timestamp.second(12).advanced(by: .microseconds(1)))
            let joined = try await fleet.beat(MemberReport())
            #expect(joined.members.map(\.id) == [other.member])
            // It goes on, and is the second of that name now.
            let late = StoreProblem.memberOfSameName(
                place: pair.settings.place, name: "one", version: "2.0", since: joined.calendar)
            await #expect(throws: late) { try await pair.first.beat(MemberReport()) }
            try await fleet.leave()
            let back = try await pair.first.beat(MemberReport())
            #expect(back.members.map(\.id) == [pair.one.member])
            await other.close()
        }
    }

    @Test func `of daemons of one name that start at once, one joins`() async throws {
        try await withPostgreSQLDatabase { settings in
            var stores: [PostgreSQLUserStore] = []
            for _ in 0..<4 { stores.append(try await settings.open(leaseClock: .server)) }
            let joined = await withTaskGroup(of: Bool.self) { group in
                for store in stores {
                    group.addTask { (try? await store.fleet(version: "1").beat(MemberReport())) != nil }
                }
                return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
            }
            #expect(joined == 1)
            for store in stores { await store.close() }
        }
    }

    @Test(arguments: ["repeatable read", "serializable"])
    func `members beat at once, whatever the role's defaults`(level: String) async throws {
        try await withPostgreSQLDatabase { settings in
            try await settings.execute(
                "ALTER DATABASE \(settings.database) SET default_transaction_isolation = '\(level)'")
            var stores: [PostgreSQLUserStore] = []
            for index in 0..<4 { stores.append(try await settings.open(as: "\(index)", leaseClock: .server)) }
            for round in 0..<5 {
                let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                    for store in stores {
                        group.addTask { try await store.fleet(version: "1").beat(MemberReport()).living.count }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                if round > 0 { #expect(counts == [4, 4, 4, 4]) }
            }
            for store in stores { await store.close() }
            try await settings.execute("ALTER DATABASE \(settings.database) RESET ALL")
        }
    }

    @Test func `who vanished is told of for a day, who left is gone at once`() async throws {
        try await Self.withPair { pair in
            try await pair.beat()
            try await pair.settings.setServerClock(.second(7))
            let soon = try await pair.first.beat(MemberReport())
            #expect(soon.living.map(\.name) == ["one"] && soon.vanished.map(\.name) == ["two"])
            try await pair.settings.setServerClock(.second(86_400))
            let aDay = try await pair.first.beat(MemberReport())
            #expect(aDay.vanished.map(\.name) == ["two"])
            try await pair.settings.setServerClock(.second(86_401))
            let later = try await pair.first.beat(MemberReport())
            #expect(later.members.map(\.name) == ["one"])
            _ = try await pair.second.beat(MemberReport())
            try await pair.first.leave()
            let left = try await pair.second.beat(MemberReport())
            #expect(left.members.map(\.name) == ["two"])
        }
    }

    @Test func `what another version tells of itself keeps nobody from beating`() async throws {
        try await Self.withPair { pair in
            try await pair.beat()
            try await pair.settings.execute(
                "UPDATE bankrefreshd.members SET report = '{\"calls\": \"many\"}' WHERE name = 'one'")
            let state = try await pair.second.beat(MemberReport())
            #expect(state.members.map(\.report) == [MemberReport(), MemberReport()])
        }
    }

    // MARK: Duties and debts

    @Test func `a duty is one member's for 15 s after it was last held, and goes on when that leaves`() async throws {
        try await Self.withPair { pair in
            try await pair.beat()
            #expect(try await pair.first.hold(.alerts))
            #expect(try await !pair.second.hold(.alerts))
            #expect(try await pair.second.hold(.history))
            try await pair.settings.setServerClock(.second(10))
            #expect(try await pair.first.hold(.alerts))
            try await pair.settings.setServerClock(.second(25))
            #expect(try await !pair.second.hold(.alerts))
            try await pair.settings.setServerClock(.second(26))
            #expect(try await pair.second.hold(.alerts))
            #expect(try await !pair.first.hold(.alerts))
            try await pair.second.leave()
            #expect(try await pair.first.hold(.alerts))
        }
    }

    @Test func `a debt of the calendar is everybody's, once`() async throws {
        try await Self.withPair { pair in
            let debts = [
                CalendarDebt(moment: .now, amount: .milliseconds(1_500)),
                CalendarDebt(moment: .second(5), amount: .hours(1)),
            ]
            for debt in debts + debts { try await pair.first.announce(debt, isAnother: false) }
            let state = try await pair.second.beat(MemberReport())
            #expect(state.debts == debts)
            // Who sees a step later has moments of the calendar before until then.
            let later = CalendarDebt(moment: .second(3), amount: .milliseconds(1_600))
            try await pair.second.announce(later, isAnother: false)
            try await pair.first.announce(debts[0], isAnother: false)
            let moved = [CalendarDebt(moment: .second(3), amount: .milliseconds(1_500)), debts[1]]
            #expect(try await pair.first.beat(MemberReport()).debts == moved)
            // Two steps of a length are two.
            let another = CalendarDebt(moment: .second(4), amount: .milliseconds(1_500))
            try await pair.second.announce(another, isAnother: true)
            #expect(try await pair.first.beat(MemberReport()).debts == [moved[0], another, moved[1]])
        }
    }

    @Test func `who has not seen yet that the clock was set back claims nobody who is not due by it`() async throws {
        try await Self.withPair { pair in
            try await pair.one.add("a", .scheduled(due: .second(100)))
            try await pair.beat()
            for moment in [Timestamp.second(100), .second(200)] {
                #expect(try await pair.two.leaseDue(now: moment, until: .second(500), limit: 1).isEmpty)
                #expect(try await pair.two.leaseProbes(now: moment, until: .second(500), limit: 1).isEmpty)
            }
            try await pair.pass(100)
            #expect(try await pair.two.leaseDue(now: .second(99), until: .second(500), limit: 1).isEmpty)
            #expect(try await pair.two.leaseDue(now: .second(100), until: .second(500), limit: 1).count == 1)
        }
    }

    // MARK: Claims

    /// How many each of three claims of the second member brings: by the schedule, as a probe, for a renewal.
    private func claims(_ pair: Pair) async throws -> [Int] {
        let due = try await pair.two.leaseDue(now: .now, until: .later, limit: 1)
        let probes = try await pair.two.leaseProbes(now: .now, until: .later, limit: 1)
        let renewals = try await pair.two.leaseRenewals(now: .now, until: .later, limit: 1)
        return [due.count, probes.count, renewals.count]
    }

    private func addUsers(_ pair: Pair) async throws {
        _ = try await pair.one.put((0..<40).map { try NewUser("user \($0)") }) { new, place in
            User(
                id: new.id, place: place, state: .scheduled(due: .now), record: User.Record(slot: .now),
                renewal: User.Renewal(due: .now, issuedAt: .epoch))
        } replaced: { _, user in
            user
        }
        try await pair.one.add("not due", .scheduled(due: .second(90_000)))
    }

    @Test func `a member that nobody heard of for 5 s takes no leases`() async throws {
        try await Self.withPair { pair in
            try await addUsers(pair)
            // Not a member yet.
            #expect(try await claims(pair) == [0, 0, 0])
            try await pair.beat()
            #expect(try await claims(pair) == [1, 1, 1])
            try await pair.settings.setServerClock(.second(5))
            #expect(try await claims(pair) == [1, 1, 1])
            try await pair.settings.setServerClock(.second(6))
            #expect(try await claims(pair) == [0, 0, 0])
            _ = try await pair.second.beat(MemberReport())
            #expect(try await claims(pair) == [1, 1, 1])
            try await pair.second.leave()
            #expect(try await claims(pair) == [0, 0, 0])
            // A command is no member, and needs no beat for the one user that it was asked for.
            let command = try await pair.settings.open(as: "a command", leaseClock: .server)
            let leased = try await command.lease(UserID("not due"), now: .now, until: .later).get()
            #expect(leased.user.id.rawValue == "not due")
            await command.close()
        }
    }

    @Test func `a pause of the fleet is in force with the next claim of anybody`() async throws {
        try await Self.withPair { pair in
            try await addUsers(pair)
            try await pair.beat()
            #expect(try await claims(pair) == [1, 1, 1])
            try await pair.one.setFleetPause(FleetPause(until: .second(3), reason: "why"))
            #expect(try await claims(pair) == [0, 0, 1])
            let state = try await pair.second.beat(MemberReport())
            #expect(state.pause == FleetPause(until: .second(3), reason: "why"))
            try await pair.settings.setServerClock(.second(3))
            #expect(try await claims(pair) == [1, 1, 1])
            try await pair.one.setFleetPause(FleetPause(until: nil, reason: nil))
            #expect(try await claims(pair) == [0, 0, 1])
            let endless = try await pair.second.beat(MemberReport())
            #expect(endless.pause == FleetPause(until: nil, reason: nil))
        }
    }

    @Test func `while the breaker is open nobody calls but one, who probes once its pause is over`() async throws {
        try await Self.withPair { pair in
            try await addUsers(pair)
            try await pair.beat()
            let opening = FleetBreaker(until: .second(30), pause: .seconds(30), count: 1, cause: "503 for \"all\"")
            try await pair.first.openBreaker(opening)
            #expect(try await claims(pair) == [0, 0, 1])
            let state = try await pair.beat()
            #expect(state.breaker == opening && state.prober == nil)
            #expect(try await !pair.second.probe(for: .seconds(60)))
            // One that opened until earlier changes nothing, one that lasts longer does.
            try await pair.second.openBreaker(FleetBreaker(until: .second(20), pause: .seconds(1), count: 1, cause: ""))
            #expect(try await pair.beat().breaker == opening)
            let longer = FleetBreaker(until: .second(40), pause: .seconds(40), count: 2, cause: "500")
            try await pair.second.openBreaker(longer)
            #expect(try await pair.beat().breaker == longer)

            try await pair.pass(40)
            #expect(try await claims(pair) == [0, 0, 1])
            #expect(try await pair.second.probe(for: .seconds(60)))
            #expect(try await !pair.first.probe(for: .seconds(60)))
            #expect(try await pair.beat().prober == pair.two.member)
            #expect(try await claims(pair) == [0, 1, 1])
            let others = try await pair.one.leaseProbes(now: .now, until: .later, limit: 1)
            #expect(others.isEmpty)
            // Only who probes may say that it is over.
            try await pair.first.closeBreaker()
            #expect(try await claims(pair) == [0, 1, 1])

            // Its right ends, and somebody else's begins.
            try await pair.pass(100)
            #expect(try await claims(pair) == [0, 1, 1])
            try await pair.pass(101)
            #expect(try await pair.beat().prober == nil)
            #expect(try await claims(pair) == [0, 0, 1])
            #expect(try await pair.first.probe(for: .seconds(60)))
            try await pair.second.closeBreaker()
            #expect(try await claims(pair) == [0, 0, 1])
            // A probe failed: the next pause may end before another's would have.
            let again = FleetBreaker(until: .second(110), pause: .seconds(9), count: 3, cause: "502")
            try await pair.first.openBreaker(again)
            #expect(try await pair.beat().breaker == again)
            try await pair.pass(110)
            #expect(try await pair.second.probe(for: .seconds(60)))
            try await pair.second.closeBreaker()
            let closed = try await pair.beat()
            #expect(closed.breaker == nil && closed.prober == nil)
            #expect(try await claims(pair) == [1, 1, 1])
        }
    }

    @Test func `a prober has no right to probe through the pause that another's failures began`() async throws {
        try await Self.withPair { pair in
            try await addUsers(pair)
            try await pair.first.openBreaker(FleetBreaker(until: .second(1), pause: .seconds(1), count: 1, cause: "a"))
            try await pair.pass(1)
            #expect(try await pair.second.probe(for: .seconds(60)))
            try await pair.first.openBreaker(FleetBreaker(until: .second(9), pause: .seconds(8), count: 1, cause: "b"))
            #expect(try await claims(pair) == [0, 0, 1])
            try await pair.second.closeBreaker()
            #expect(try await pair.beat().breaker?.until == .second(9))
        }
    }

    @Test func `a wait that Tight asked one member for holds for all, until an operator ends it or it is over`()
        async throws
    {
        try await Self.withPair { pair in
            try await addUsers(pair)
            try await pair.beat()
            let wait = Throttling.Pause(at: .now, length: .seconds(3), users: 4, wasAsked: true)
            try await pair.first.throttle(wait)
            #expect(try await claims(pair) == [0, 0, 1])
            #expect(try await pair.second.beat(MemberReport()).throttling == wait)
            // One that ends sooner changes nothing, one that lasts longer does.
            try await pair.second.throttle(Throttling.Pause(at: .now, length: .seconds(2), users: 3, wasAsked: false))
            #expect(try await pair.beat().throttling == wait)
            let longer = Throttling.Pause(at: .now, length: .seconds(4), users: 3, wasAsked: false)
            try await pair.second.throttle(longer)
            #expect(try await pair.beat().throttling == longer)
            try await pair.pass(4)
            #expect(try await claims(pair) == [1, 1, 1])
            try await pair.first.throttle(Throttling.Pause(at: .now, length: .hours(1), users: 3, wasAsked: true))
            #expect(try await claims(pair) == [0, 0, 1])
            try await pair.second.endThrottling()
            #expect(try await claims(pair) == [1, 1, 1])
            #expect(try await pair.beat().throttling == nil)
        }
    }

    @Test func `a fleet that holds still leases nobody, and says of one user until when`() async throws {
        try await Self.withPair { pair in
            try await addUsers(pair)
            try await pair.beat()
            try await pair.settings.execute(
                "UPDATE bankrefreshd.fleet SET hold_until = \(Timestamp.second(3).microsecondsSinceEpoch)")
            #expect(try await claims(pair) == [0, 0, 0])
            let one = try await pair.two.lease(UserID("not due"), now: .now, until: .later)
            #expect(one == .failure(.inFlight(until: .second(3))))
            try await pair.settings.setServerClock(.second(3))
            #expect(try await claims(pair) == [1, 1, 1])
            let other = try await pair.two.lease(UserID("not due"), now: .now, until: .later).get()
            #expect(other.user.id.rawValue == "not due")
        }
    }
}
