import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// The whole daemon in virtual time, judged from the upstream's own log of calls.
@Suite struct DayInTheFleetTests {
    let world = Simulation()
    let store = MemoryUserStore()
    let policy = UserPolicy()

    func settings() -> DaemonSettings {
        DaemonSettings(policies: Policies(standard: policy))
    }

    @Test func `calls every user once a day, at its own slot`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(500, policy: policy, now: world.time.now)
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings())
        let run = daemon.start(in: world)
        world.advance(by: .days(3))

        #expect(bank.log.count == 1_500)
        let calls = Dictionary(grouping: bank.log) { $0.token.secret.withBytes { String(decoding: $0, as: UTF8.self) } }
        #expect(calls.count == 500)
        for (_, log) in calls {
            let gaps = zip(log, log.dropFirst()).map { $1.beganAt - $0.beganAt }
            #expect(gaps.allSatisfy { $0 > .hours(24) - .seconds(60) && $0 < .hours(24) + .seconds(60) })
        }
        await stop(daemon, run)
    }

    @Test func `spreads the calls evenly over the day`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(2_400, policy: policy, now: world.time.now)
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings())
        let run = daemon.start(in: world)
        world.advance(by: .days(1))
        let start = world.time.now.advanced(by: .zero - .days(1))
        let hours = Dictionary(grouping: bank.log) { start.duration(to: $0.began).wholeMicroseconds / 3_600_000_000 }
        #expect(hours.count == 24)
        // 100 are expected in each; five standard deviations either way.
        #expect(hours.values.allSatisfy { (50...150).contains($0.count) })
        await stop(daemon, run)
    }

    @Test func `sleeps until the next user is due instead of looking around`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(1, policy: policy, now: world.time.now)
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings(), watchdogInterval: nil)
        let run = daemon.start(in: world)
        world.advance(by: .days(1))
        let due = try #require(daemon.events.attempts.first).attempt.startedAt
        let user = try #require(try await store.user(try Fleet.id(0)))
        #expect(due == policy.cadence.slot(of: user.place, notBefore: due.advanced(by: .zero - .seconds(1))))
        await stop(daemon, run)
    }

    @Test func `keeps the slots over a restart`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(200, policy: policy, now: world.time.now)
        let first = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings())
        let firstRun = first.start(in: world)
        world.advance(by: .days(1))
        await stop(first, firstRun)
        let second = SimulatedDaemon(in: world, store: store.reopened(), bank: bank, settings: settings())
        let secondRun = second.start(in: world)
        world.advance(by: .days(1))
        #expect(bank.log.count == 400)
        #expect(bank.log.smallestGapPerUser() ?? .zero > .hours(23))
        await stop(second, secondRun)
    }

    @Test func `catches up after downtime with one call per user, through the limits`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(2_000, policy: policy, now: world.time.now)
        world.advance(by: .days(3))
        var settings = settings()
        settings.admission = Admission.Policy(requestsPerSecond: 10, burst: 10, concurrency: .fixed(4))
        let start = world.time.uptime
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings)
        let run = daemon.start(in: world)
        world.advance(by: .minutes(5))
        #expect(bank.log.count == 2_000)
        #expect(bank.log.mostAtOnce() <= 4)
        for window in stride(from: 0, to: 200, by: 10) {
            let from = start + .seconds(window)
            #expect(bank.log.filter { $0.beganAt >= from && $0.beganAt < from + .seconds(10) }.count <= 110)
        }
        await stop(daemon, run)
    }

    @Test func `a dead process's calls count as unknown and the minimum interval holds`() async throws {
        let bank = ScriptedBank(time: world.time) { _, _, _ in (.refreshed, .seconds(30)) }
        try await store.addFleet(5_000, policy: policy, now: world.time.now)
        let doomed = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings())
        let processThatDies = Simulation.Process(world)
        let run = doomed.start(on: processThatDies.executor)
        world.advance(by: .hours(24), processes: [processThatDies])
        let underWay = bank.log.filter { $0.endedAt == nil }.count
        #expect(underWay > 0)
        run.cancel()

        let successor = SimulatedDaemon(in: world, store: store.reopened(), bank: bank, settings: settings())
        let secondRun = successor.start(in: world)
        world.advance(by: .days(2))
        let lost = successor.events.attempts.filter { $0.attempt.outcome == .unknown(.crash) }
        #expect(lost.count == underWay)
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        await stop(successor, secondRun)
    }

    @Test func `an outage costs the fleet only the breaker's probes`() async throws {
        let begin = world.time.now.advanced(by: .hours(2))
        let end = begin.advanced(by: .hours(1))
        let bank = ScriptedBank(time: world.time) { _, now, _ in
            now >= begin && now < end
                ? (.unavailable(.status(503)), .milliseconds(50)) : (.refreshed, .milliseconds(200))
        }
        try await store.addFleet(20_000, policy: policy, now: world.time.now)
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings())
        let run = daemon.start(in: world)
        world.advance(by: .hours(25))
        let during = bank.log.filter { $0.began >= begin && $0.began < end }
        // Those that open the breaker, and then three probes at each of a few growing pauses.
        #expect(during.count <= 10 + 64 + 3 * 10)
        #expect(
            Set(bank.log.filter { $0.outcome == .refreshed }.map { $0.token.secret.withBytes { Array($0) } }).count
                == 20_000)
        let openings = daemon.events.events.filter { if case .breaker(.opened) = $0 { true } else { false } }
        let closings = daemon.events.events.filter { if case .breaker(.closed) = $0 { true } else { false } }
        #expect((1...12).contains(openings.count))
        #expect(closings.count == 1)
        await stop(daemon, run)
    }

    @Test func `a clock set back a year loses nobody and calls nobody too soon`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(300, policy: policy, now: world.time.now)
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings())
        let run = daemon.start(in: world)
        world.advance(by: .hours(30))
        world.time.step(by: .zero - .days(365))
        let stepped = world.time.uptime
        world.advance(by: .hours(31))
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        let after = bank.log.filter { $0.beganAt > stepped }
        #expect(Set(after.map { $0.token.secret.withBytes { Array($0) } }).count == 300)
        #expect(daemon.events.events.contains { if case .clockStepped = $0 { true } else { false } })
        await stop(daemon, run)
    }

    @Test func `a clock set forward a day calls nobody too soon`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(300, policy: policy, now: world.time.now)
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings())
        let run = daemon.start(in: world)
        world.advance(by: .hours(30))
        world.time.step(by: .days(1))
        world.advance(by: .hours(48))
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        await stop(daemon, run)
    }

    @Test func `a clock set back while no daemon ran loses nobody`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(100, policy: policy, now: world.time.now)
        let first = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings())
        let firstRun = first.start(in: world)
        world.advance(by: .hours(30))
        await stop(first, firstRun)
        world.time.step(by: .zero - .days(365))
        let second = SimulatedDaemon(in: world, store: store.reopened(), bank: bank, settings: settings())
        let secondRun = second.start(in: world)
        let restarted = world.time.uptime
        world.advance(by: .hours(31))
        #expect(
            Set(bank.log.filter { $0.beganAt > restarted }.map { $0.token.secret.withBytes { Array($0) } }).count == 100
        )
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        await stop(second, secondRun)
    }

    @Test func `the watchdog hears of every completed turn and only of those`() async throws {
        let bank = ScriptedBank(time: world.time)
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank, settings: settings(), watchdogInterval: .seconds(30))
        let run = daemon.start(in: world)
        world.advance(by: .minutes(10))
        let alive = daemon.notifier.messages.count { $0 == .alive }
        // Every 10 s while idle: three chances within the watchdog's patience, and no more.
        #expect((58...62).contains(alive))
        await stop(daemon, run)
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        _ = await run.result
    }
}
