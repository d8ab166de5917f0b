import Testing

@testable import PostgreSQLStore
@testable import RefreshCore

/// What daemons of one store tell each other.
///
/// The server's clock stands where a test sets it.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLFleetTests {
    // MARK: Members

    @Test func `a beat brings all members by name, what each tells of itself, and when it was heard of`()
        async throws
    {
        try await withFleetPair { pair in
            var report = MemberReport(keys: ["k2", "k1"])
            report.settingsVersion = 1_800_000_000_000_001
            report.differences = [SettingDifference(path: "a.b", file: "é \"", fleet: "none")]
            (report.callsInFlight, report.calls) = (3, 70)
            let alone = try await pair.second.beat(report)
            // Each tells which server it has the store on: two servers that take writes at once are seen by that.
            report.server = alone.answeredBy
            var quiet = MemberReport()
            quiet.server = alone.answeredBy
            #expect(alone.calendar == .now && alone.member == pair.two.member)
            let two = FleetMember(
                id: pair.two.member, name: "two", version: "1.1", joinedAt: .now, seenAt: .now, report: report)
            #expect(alone.members == [two])
            try await pair.settings.setServerClock(.second(2))
            let both = try await pair.first.beat(MemberReport())
            let server = "\(pair.settings.hosts[0].description)/\(pair.settings.database)"
            #expect(both.answeredBy == server)
            let one = FleetMember(
                id: pair.one.member, name: "one", version: "1.0", joinedAt: .second(2), seenAt: .second(2),
                report: quiet)
            #expect(both.members == [one, two])
            #expect(both.living == [one, two] && both.vanished.isEmpty)
            #expect(both.pause == nil && both.breaker == nil && both.prober == nil && both.debts.isEmpty)
            try await pair.settings.setServerClock(.second(4))
            report.calls = 71
            let later = try await pair.second.beat(report)
            #expect(later.members.map(\.seenAt) == [.second(2), .second(4)])
            #expect(later.members.map(\.joinedAt) == [.second(2), .now])
            #expect(later.members.last?.report.calls == 71)
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
        try await withFleetPair { pair in
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
        try await withFleetPair { pair in
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

    @Test func `a wait from before the clock was set back gives way to one that begins now`() async throws {
        try await withFleetPair { pair in
            try await pair.settings.setServerClock(.second(3_600))
            try await pair.beat()
            let old = Throttling.Pause(at: .second(3_600), length: .hours(1), users: 3, wasAsked: true)
            try await pair.first.throttle(old)
            let shorter = Throttling.Pause(at: .second(3_600), length: .minutes(1), users: 3, wasAsked: true)
            try await pair.first.throttle(shorter)
            #expect(try await pair.second.beat(MemberReport()).throttling == old)
            try await pair.settings.setServerClock(.second(10))
            let anew = Throttling.Pause(at: .second(10), length: .hours(1), users: 3, wasAsked: true)
            try await pair.first.throttle(anew)
            #expect(try await pair.second.beat(MemberReport()).throttling == anew)
        }
    }

    @Test func `what another version tells of itself keeps nobody from beating`() async throws {
        try await withFleetPair { pair in
            try await pair.beat()
            try await pair.settings.execute(
                "UPDATE bankrefreshd.members SET report = '{\"calls\": \"many\"}' WHERE name = 'one'")
            let state = try await pair.second.beat(MemberReport())
            #expect(state.members.map(\.report.calls) == [0, 0] && state.members.first?.report == MemberReport())
        }
    }

    // MARK: Duties and debts

    @Test func `a duty is one member's for 15 s after it was last held, and goes on when that leaves`() async throws {
        try await withFleetPair { pair in
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
        try await withFleetPair { pair in
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
        try await withFleetPair { pair in
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
}
