import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Clocks that are set, and machines that are booted, while no daemon runs.
@Suite struct ClockTests {
    private let world = Simulation()
    private let store = MemoryUserStore()
    private let bank: ScriptedBank
    private let policy = UserPolicy(
        cadence: Cadence(every: .hours(1)), minimumInterval: .minutes(30), attemptsPerDay: 99)

    init() async throws {
        bank = ScriptedBank(time: world.time)
        try await store.addFleet(200, policy: policy, now: world.time.now)
    }

    private func daemon(store: any UserStore) -> SimulatedDaemon {
        SimulatedDaemon(
            in: world, store: store, bank: bank, settings: DaemonSettings(policies: Policies(standard: policy)))
    }

    private func run(_ span: Duration) async -> [Event] {
        let daemon = daemon(store: store.reopened())
        let run = daemon.start(in: world)
        world.advance(by: span)
        daemon.daemon.stop()
        world.advance(by: .seconds(10))
        _ = await run.result
        return daemon.events.events
    }

    /// How many users were called after a moment of the steady clock.
    private func called(since moment: Duration) -> Int {
        bank.callsByUser.values.count { calls in calls.contains { $0.beganAt > moment } }
    }

    private func told(_ events: [Event]) -> [Event] {
        events.filter {
            switch $0 {
            case .clockStepped, .clockUncertain: true
            default: false
            }
        }
    }

    @Test(arguments: [.hours(2), .days(400), .minutes(29), .hours(-2), .days(-400)] as [Duration])
    func `a clock set while no daemon ran calls nobody too soon, and the step is told exactly`(
        step: Duration
    ) async throws {
        _ = await run(.hours(2))
        world.time.step(by: step)
        world.advance(by: .minutes(3))
        let stopped = world.time.uptime
        let events = await run(.hours(3))
        #expect(told(events) == [.clockStepped(by: step)])
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        #expect(called(since: stopped) == 200)
    }

    @Test func `a gap over a boot that is longer than any before does not count, and is told once`() async throws {
        _ = await run(.hours(2))
        world.time.step(by: .hours(2))
        world.time.reboot()
        world.advance(by: .minutes(3))
        let events = await run(.hours(3))
        let gap = Duration.hours(2) + .minutes(3)
        guard case .clockUncertain(let toldGap)? = told(events).first, told(events).count == 1 else {
            return #expect(told(events) == [.clockUncertain(gap: gap)])
        }
        #expect(toldGap >= gap && toldGap < gap + .minutes(1))
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        // The same once more is nothing new.
        world.time.reboot()
        world.advance(by: gap - .minutes(1))
        let again = await run(.hours(1))
        #expect(told(again).isEmpty)
    }

    /// Whether it was set back while a daemon ran or between two, the store did not come through so long a gap.
    @Test(arguments: [true, false])
    func `a clock that was wrong once, and was set back, is not trusted at the next boot`(
        isRunning: Bool
    ) async throws {
        _ = await run(.hours(2))
        world.time.step(by: .days(2))
        world.time.reboot()
        world.advance(by: .minutes(3))
        if isRunning {
            let daemon = daemon(store: store.reopened())
            let run = daemon.start(in: world)
            world.advance(by: .hours(1))
            world.time.step(by: .days(-2))
            world.advance(by: .hours(1))
            daemon.daemon.stop()
            world.advance(by: .seconds(10))
            _ = await run.result
        } else {
            _ = await run(.hours(1))
            world.time.step(by: .days(-2))
            _ = await run(.hours(1))
        }
        world.time.step(by: .days(2))
        world.time.reboot()
        let events = await run(.hours(1))
        #expect(told(events).contains { if case .clockUncertain = $0 { true } else { false } })
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
    }

    @Test func `a machine that is off for a moment keeps its pace`() async throws {
        _ = await run(.hours(2))
        world.time.reboot()
        world.advance(by: .seconds(40))
        let began = world.time.uptime
        let events = await run(.hours(1))
        #expect(told(events).isEmpty)
        #expect(called(since: began) == 200)
    }

    @Test(arguments: [false, true])
    func `waits of a minute stay waits of a minute over a clock that is set back`(isBooted: Bool) async throws {
        var policy = policy
        policy.minimumInterval = .zero
        policy.attemptsPerDay = 10_000
        policy.failureBackoff = Backoff(first: .minutes(1), ceiling: .minutes(1), jitter: .upperHalf)
        bank.answer { _, _, _ in (.rejected(messages: []), .milliseconds(50)) }
        let settings = DaemonSettings(policies: Policies(standard: policy))
        let first = SimulatedDaemon(in: world, store: store.reopened(), bank: bank, settings: settings)
        let firstRun = first.start(in: world)
        world.advance(by: .minutes(59))
        first.daemon.stop()
        world.advance(by: .seconds(1))
        _ = await firstRun.result
        let waiting = try await store.users(matching: UserFilter(state: .backingOff), after: nil, limit: 500)
        #expect(waiting.count > 100)

        world.time.step(by: .hours(-3))
        if isBooted { world.time.reboot() }
        let second = SimulatedDaemon(in: world, store: store.reopened(), bank: bank, settings: settings)
        let secondRun = second.start(in: world)
        world.settle()
        let now = world.time.now
        let users = try await store.users(matching: UserFilter(state: .backingOff), after: nil, limit: 500)
        #expect(users.count == waiting.count)
        #expect(users.allSatisfy { $0.state.due.map { now.duration(to: $0) <= .minutes(2) } ?? false })
        second.daemon.stop()
        world.advance(by: .minutes(2))
        _ = await secondRun.result
    }

    @Test func `a start that is stopped at once leaves the step to the next one`() async throws {
        _ = await run(.hours(2))
        world.time.step(by: .hours(2))
        let second = daemon(store: store.reopened())
        second.daemon.stop()
        let secondRun = second.start(in: world)
        world.advance(by: .seconds(10))
        _ = await secondRun.result
        let third = await run(.hours(3))
        #expect(told(third) == [.clockStepped(by: .hours(2))])
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
    }

    /// Only the daemon that drains sees both calendars: after a boot the time since boot says nothing of before.
    @Test(arguments: [.hours(2), .minutes(-20)] as [Duration])
    func `a clock set while calls end, and a boot after it, call nobody too soon`(step: Duration) async throws {
        // The store has come through more than the step, so that as much would be taken for time that passed.
        _ = await run(.hours(2))
        world.time.reboot()
        world.advance(by: .hours(3))
        bank.answer { _, _, _ in (.refreshed, .minutes(1)) }
        let draining = SimulatedDaemon(
            in: world, store: store.reopened(), bank: bank,
            settings: DaemonSettings(policies: Policies(standard: policy), drain: .minutes(2)))
        let drainingRun = draining.start(in: world)
        world.advance(by: .hours(1))
        draining.daemon.stop()
        world.advance(by: .seconds(1))
        world.time.step(by: step)
        world.advance(by: .minutes(2))
        _ = await drainingRun.result
        world.time.reboot()
        world.advance(by: .seconds(20))

        bank.answer { _, _, _ in (.refreshed, .milliseconds(200)) }
        let events = await run(.hours(3))
        #expect(told(events) == [.clockStepped(by: step)])
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
    }

    /// A store that fails in the middle of the walk leaves some users moved; the next start must not move them twice.
    @Test(arguments: [.hours(2), .hours(-2)] as [Duration])
    func `a step is followed once, though a start fails in the middle of it`(step: Duration) async throws {
        let many = MemoryUserStore()
        try await many.addFleet(2_500, policy: policy, now: world.time.now)
        func daemon(_ store: any UserStore) -> SimulatedDaemon { self.daemon(store: store) }
        let first = daemon(many.reopened())
        let firstRun = first.start(in: world)
        world.advance(by: .hours(2))
        first.daemon.stop()
        world.advance(by: .seconds(10))
        _ = await firstRun.result

        world.time.step(by: step)
        let troubled = TroubledStore(many.reopened())
        troubled.failRewrites(after: 1)
        let second = daemon(troubled)
        let secondRun = second.start(in: world)
        world.settle()
        await #expect(throws: StoreProblem.self) { try await secondRun.value }
        let third = daemon(many.reopened())
        let thirdRun = third.start(in: world)
        world.advance(by: .hours(3))
        third.daemon.stop()
        world.advance(by: .seconds(10))
        _ = await thirdRun.result
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
    }
}
