import RefreshCore
import Testing

@testable import PostgreSQLStore

/// How a member hears of what others changed, and what a server, a pooler or a frozen member does to the rest.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLHearingTests {
    /// A member that has joined; its connection counted as a change.
    private static func withMember(
        _ body: (ConnectionSettings, PostgreSQLUserStore, PostgreSQLFleet) async throws -> Void
    ) async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open(leaseClock: .server)
            try await settings.setServerClock(.now)
            let fleet = store.fleet(version: "1")
            _ = try await fleet.beat(MemberReport())
            await fleet.changed()
            try await body(settings, store, fleet)
            await store.close()
        }
    }

    @Test func `a member hears of users that a command added, and calls them in their turn`() async throws {
        try await Self.withMember { settings, store, fleet in
            try await store.add("later", .scheduled(due: .second(-10)))
            // It looked for the earliest moment, and begins there from now on.
            let first = try await store.nextDue()
            #expect(first == .second(-10))
            await fleet.changed()
            let seen = try await store.nextDue()
            #expect(seen == .second(-10))
            let command = try await settings.open(as: "a command", leaseClock: .server)
            try await command.add("sooner", .scheduled(due: .second(-20)))
            await fleet.changed()
            let due = try await store.nextDue()
            #expect(due == .second(-20))
            await command.close()
        }
    }

    @Test func `a member is told of whatever operators change`() async throws {
        try await Self.withMember { settings, _, fleet in
            let command = try await settings.open(as: "a command", leaseClock: .server)
            let other = command.fleet(version: "1")
            try await command.add("a")
            await fleet.changed()
            _ = try await command.update(UserID("a")) { $0.with(state: .parked(.forbidden, since: .now)) }
            await fleet.changed()
            _ = try await command.update([UserID("a")]) { $0.with(state: .scheduled(due: .now)) }
            await fleet.changed()
            _ = try await command.rename(UserID("a"), to: NewUser("b")) { $0 }
            await fleet.changed()
            try await command.setFleetPause(FleetPause(until: nil, reason: nil))
            await fleet.changed()
            try await other.announce(CalendarDebt(moment: .now, amount: .seconds(1)), isAnother: false)
            await fleet.changed()
            try await other.openBreaker(Breaker.Opening(byFleet: "503", until: .now, pause: .seconds(1), count: 1))
            await fleet.changed()
            #expect(try await other.probe(for: .seconds(60)))
            try await other.closeBreaker()
            await fleet.changed()
            try await other.leave()
            await fleet.changed()
            await command.close()
        }
    }

    @Test func `beats go on while a member waits for a change, and a beat brings what came meanwhile`() async throws {
        try await Self.withMember { settings, store, fleet in
            let waiting = Task { await fleet.changed() }
            for _ in 0..<20 { _ = try await fleet.beat(MemberReport()) }
            #expect(!waiting.isCancelled)
            waiting.cancel()
            await waiting.value
            // The wait that was cancelled took nothing away.
            try await store.setFleetPause(nil)
            await fleet.changed()
        }
    }

    @Test func `what is told along with an answer is heard too`() async throws {
        try await Self.withMember { _, _, fleet in
            try await fleet.announce(CalendarDebt(moment: .now, amount: .seconds(1)), isAnother: false)
            await fleet.changed()
        }
    }

    @Test func `nothing is heard of claims, settlements and beats`() async throws {
        try await Self.withMember { settings, store, fleet in
            try await store.add("a")
            await fleet.changed()
            let leased = try await store.leaseDue(now: .now, until: .later, limit: 1)
            let results = try await store.settle(leased.map { $0.settlement() })
            #expect(results == [.settled])
            _ = try await fleet.beat(MemberReport())
            #expect(try await fleet.hold(.alerts))
            let rings = store.bell.rings
            // Whatever was told before this is heard before it.
            try await settings.execute("NOTIFY bankrefreshd, 'last'")
            await fleet.changed()
            #expect(store.bell.rings == rings + 1)
        }
    }

    @Test func `a connection that was lost is made anew by the next beat, and counts as a change`() async throws {
        try await Self.withMember { settings, store, fleet in
            try await settings.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid()
                """)
            var state: FleetState?
            while state == nil { state = try? await fleet.beat(MemberReport()) }
            await fleet.changed()
            let command = try await settings.open(as: "a command", leaseClock: .server)
            try await command.add("a")
            await fleet.changed()
            await command.close()
        }
    }

    @Test func `behind a pooler nobody listens, and a wait ends by itself`() async throws {
        try await withPostgreSQLDatabase { settings in
            let relay = try PostgreSQLRelay(before: settings, isPooling: true)
            let store = try await relay.settings.open(leaseClock: .server)
            let fleet = store.fleet(version: "1")
            _ = try await fleet.beat(MemberReport())
            #expect(store.bell.isDeaf)
            let listening = try await settings.rows(
                "SELECT pid::text FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()")
            #expect(listening.isEmpty)
            let waiting = Task { await fleet.changed() }
            waiting.cancel()
            await waiting.value
            await store.close()
            relay.end()
        }
    }

    @Test func `a member that is frozen in the midst of a claim holds up nobody`() async throws {
        try await withPostgreSQLDatabase { settings in
            let relay = try PostgreSQLRelay(before: settings)
            let one = try await relay.settings.open(leaseClock: .server)
            let two = try await settings.open(as: "two", leaseClock: .server)
            try await settings.setServerClock(.now)
            // More than the sockets between server and client hold.
            try await two.put((0..<900).map { try NewUser("user \($0)", token: .random(count: 8_192)) })
            _ = try await one.nextDue()
            relay.freeze()
            let frozen = Task { try? await one.leaseDue(now: .now, until: .later, limit: 800) }
            // Until the server has what the frozen one asked for.
            var held: [String] = []
            while held.isEmpty, !Task.isCancelled {
                held = try await settings.rows("SELECT id::text FROM bankrefreshd.batches")
            }
            let leased = try await two.leaseDue(now: .now, until: .later, limit: 900)
            #expect(leased.count == 100)
            relay.end()
            let lost = await frozen.value
            #expect(lost == nil)
            await one.close()
            await two.close()
        }
    }

    @Test func `a beat without an answer fails before others have the share of its member`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let relay = try PostgreSQLRelay(before: settings)
            let store = try await relay.settings.open(leaseClock: .server)
            let fleet = store.fleet(version: "1")
            _ = try await fleet.beat(MemberReport())
            relay.freeze()
            let asked = ContinuousClock.now
            let expected = StoreProblem.unreachable(place: relay.settings.place, detail: "no answer in time")
            await #expect(throws: expected) { try await fleet.beat(MemberReport()) }
            #expect(ContinuousClock.now - asked < FleetMember.patience)
            relay.end()
            await store.close()
        }
    }

    // Without a limit of its own it would take longer than the suite may.
    @Test func `what is counted for who looks is there within seconds or not at all, behind a long list too`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let relay = try PostgreSQLRelay(before: settings)
            let store = try await relay.settings.open(leaseClock: .server)
            try await store.add("a")
            #expect(try await store.figures(now: .now, withExpiry: true)?.census.users == 1)
            relay.freeze()
            let asked = relay.asked
            let list = Task { try? await store.groupSizes() }
            // So that it is in front.
            while relay.asked == asked { await Task.yield() }
            // The second has to connect first.
            for _ in 1...2 {
                let problem = await #expect(throws: StoreProblem.self) {
                    try await store.figures(now: .now, withExpiry: true)
                }
                guard case .unreachable(_, let detail, _)? = problem else {
                    Issue.record("\(String(describing: problem))")
                    continue
                }
                #expect(detail.contains("no answer in time"), "\(detail)")
            }
            relay.end()
            _ = await list.value
            await store.close()
        }
    }

    // The watchdog's patience is a minute, and it is fed between two of these.
    @Test func `what the scheduler waits for ends well before the watchdog's patience, behind a long list too`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let relay = try PostgreSQLRelay(before: settings)
            let store = try await relay.settings.open(leaseClock: .server)
            try await store.add("a")
            _ = try await store.nextDue()
            relay.freeze()
            let asked = relay.asked
            let list = Task { try? await store.groupSizes() }
            // So that it is in front.
            while relay.asked == asked { await Task.yield() }
            let began = ContinuousClock.now
            await #expect(throws: StoreProblem.self) { try await store.rewrite(after: nil, limit: 50) { $0 } }
            let mark = ClockMark(reading: ClockReading(wall: .now, sinceBoot: .zero), boot: nil)
            await #expect(throws: StoreProblem.self) { try await store.setClockMark(mark) }
            #expect(ContinuousClock.now - began < .seconds(30))
            relay.end()
            _ = await list.value
            await store.close()
        }
    }

    @Test func `a server that answers and does not count in time is not one that does not answer`() async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open()
            try await store.add("a")
            let busy = PostgreSQLConnection(settings, label: "test")
            let held = Task {
                try await busy.perform(until: .now + .seconds(30)) { session in
                    let lock = ["BEGIN", "LOCK TABLE bankrefreshd.schedule", "SELECT pg_sleep(3)", "COMMIT"]
                    _ = try session.run(lock.map { Statement($0) })
                }
            }
            let locks = "SELECT 1::text FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted"
            while try await settings.rows(locks).isEmpty {}
            #expect(try await store.figures(now: .now, withExpiry: false) == nil)
            try await held.value
            #expect(try await store.figures(now: .now, withExpiry: false)?.census.users == 1)
            await busy.close()
            await store.close()
        }
    }

    @Test func `who may only read is told so, and who is connected goes on`() async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open(leaseClock: .server)
            let fleet = store.fleet(version: "1")
            try await settings.execute("ALTER DATABASE \(settings.database) SET default_transaction_read_only = 'on'")
            let problem = await #expect(throws: StoreProblem.self) { try await settings.open(as: "two") }
            guard case .unreachable(_, let detail, _)? = problem else {
                Issue.record("\(String(describing: problem))")
                return
            }
            #expect(detail.contains("read-only"))
            await #expect(throws: StoreProblem.self) { try await fleet.beat(MemberReport()) }
            try await store.add("a")
            try await Self.resetDefaults(settings)
            _ = try await fleet.beat(MemberReport())
            await store.close()
        }
    }

    private static func resetDefaults(_ settings: ConnectionSettings) async throws {
        var other = settings
        other.database = "postgres"
        try await other.execute("ALTER DATABASE \(settings.database) RESET ALL")
    }
}
