import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// What an outage, a pause and a suspend cost, counted at the upstream.
@Suite struct OutageTests {
    let world = Simulation()
    let store = MemoryUserStore()
    let policy = UserPolicy()

    private func daemon(
        _ bank: any BankRefreshing, store: (any UserStore)? = nil, admission: Admission.Policy = .init()
    ) -> SimulatedDaemon {
        SimulatedDaemon(
            in: world, store: store ?? self.store, bank: bank,
            settings: DaemonSettings(policies: Policies(standard: policy), admission: admission))
    }

    @Test func `while the API is down the whole fleet makes only the breaker's probes, and comes back by and by`()
        async throws
    {
        let users = 100_000
        let begin = Duration.hours(1)
        let end = begin + .hours(1)
        let bank = LimitedBank(time: world.time, seed: 1) { uptime in
            uptime >= begin && uptime < end ? .init(capacity: 0, queue: 0) : .init(capacity: 1_000, queue: 0)
        }
        try await store.addFleet(users, policy: policy, now: world.time.now)
        let daemon = daemon(bank)
        let run = daemon.start(in: world)
        world.advance(by: end)
        while daemon.gate.breaker != .closed, world.time.uptime < end + .hours(1) {
            world.advance(by: .milliseconds(100))
        }
        let closed = world.time.uptime
        // Until nobody is overdue: those of an hour, with 15 minutes of the breaker's last pause at most.
        var backlog = try await store.census(now: world.time.now).overdue
        #expect(backlog > 3_000)
        while backlog > 20, world.time.uptime < .hours(4) {
            world.advance(by: .seconds(10))
            backlog = try await store.census(now: world.time.now).overdue
        }
        let recovered = world.time.uptime - end
        world.advance(by: .minutes(5))
        let arrivals = bank.tally.arrivals
        let during = arrivals.filter { $0 >= begin && $0 < end }
        let after = arrivals.filter { $0 >= closed }
        print(
            "\(users) users, down for 1 h: \(during.count) calls meanwhile, closed \((closed - end).roundedText) and "
                + "caught up \(recovered.roundedText) after the end, at most \(after.most(within: .seconds(1))) calls "
                + "in a second")
        // What opens it: ten calls that fail, and those under way; then three probes at most at each of ten pauses.
        #expect(during.count <= 10 + 20 + 3 * 10)
        #expect(during.count >= 5)
        // 20 a second, and the 20 that a bucket holds.
        #expect(after.most(within: .seconds(1)) <= 40)
        for (second, most) in [(5, 10), (10, 30), (15, 70), (20, 150)] {
            let calls = after.count { $0 < closed + .seconds(second) }
            #expect(calls <= most + 8, "in the first \(second) s")
        }
        #expect(recovered <= .minutes(15) + .minutes(10))
        #expect(bank.tally.mostInFlight <= 256)
        try await stop(daemon, run)
    }

    @Test func `several users' 429 stop the fleet until the longest wait; nobody loses an attempt`() async throws {
        let begin = Duration.hours(1)
        let wait = Duration.minutes(10)
        let bank = LimitedBank(time: world.time, seed: 1) { uptime in
            uptime >= begin && uptime < begin + wait
                ? .init(capacity: 0, queue: 0, refusal: .throttled(retryAfter: begin + wait - uptime))
                : .init(capacity: 1_000, queue: 0)
        }
        try await store.addFleet(20_000, policy: policy, now: world.time.now)
        let daemon = daemon(bank)
        let run = daemon.start(in: world)
        world.advance(by: begin + .minutes(5))
        #expect(daemon.notifier.messages.contains { $0.isStatus(with: "Tight asks to call less often") })
        let report = try await perform(daemon) { try await $0.perform(RefreshUsers([try Fleet.id(1)], force: true)) }
            .first
        #expect(report?.answer == .refused)
        #expect(report?.until != nil && report?.reason?.contains("less often") == true)
        let status = try await perform(daemon) { try await $0.perform(ReadStatus()) }
        #expect(status.throttledUntil != nil)
        world.advance(by: .hours(1))

        let during = bank.tally.arrivals.count { $0 >= begin && $0 < begin + wait }
        print("20,000 users, throttled for 10 min: \(during) calls meanwhile")
        #expect((3...10).contains(during))
        let began = daemon.events.events.count { if case .fleetThrottled = $0 { true } else { false } }
        let ended = daemon.events.events.count { if case .fleetThrottlingEnded = $0 { true } else { false } }
        #expect(began == 1 && ended == 1)
        let throttled = daemon.events.attempts.filter { $0.attempt.outcome.kind == .throttled }
        #expect(throttled.count == during)
        #expect(throttled.allSatisfy { $0.user.record.attemptsToday == 0 && $0.user.record.failures == 0 })
        try await stop(daemon, run)
    }

    @Test func `one user's 429 stops nobody else`() async throws {
        let bank = ScriptedBank(time: world.time)
        let unlucky = try Fleet.token(3)
        bank.answer { token, _, _ in
            token == unlucky ? (.throttled(retryAfter: .minutes(30)), .milliseconds(20)) : (.refreshed, .seconds(1))
        }
        try await store.addFleet(500, policy: policy, now: world.time.now)
        let daemon = daemon(bank)
        let run = daemon.start(in: world)
        world.advance(by: .hours(25))
        #expect(
            Set(bank.log.filter { $0.outcome == .refreshed }.map { $0.token.secret.withBytes { Array($0) } }).count
                == 499)
        #expect(!daemon.events.events.contains { if case .fleetThrottled = $0 { true } else { false } })
        try await stop(daemon, run)
    }

    @Test func `a suspend is caught up with slowly, one call for each user`() async throws {
        let bank = LimitedBank(time: world.time, seed: 1) { _ in .init(capacity: 1_000, queue: 0) }
        try await store.addFleet(20_000, policy: policy, now: world.time.now)
        let daemon = daemon(bank)
        let run = daemon.start(in: world)
        world.advance(by: .hours(3))
        let before = bank.tally.arrivals.count
        // Nobody is woken while the machine sleeps.
        world.time.jump(to: world.time.uptime + .hours(48))
        let awake = world.time.uptime
        world.advance(by: .hours(1))
        let after = Array(bank.tally.arrivals.dropFirst(before))
        for (second, most) in [(5, 10), (10, 30), (15, 70), (20, 150)] {
            #expect(after.count { $0 < awake + .seconds(second) } <= most + 8, "in the first \(second) s")
        }
        // Everybody once, and those whose slot lies in this hour.
        #expect((20_000...21_000).contains(after.count))
        try await stop(daemon, run)
    }

    @Test func `the operator's pause holds over a restart and ends by itself`() async throws {
        let bank = LimitedBank(time: world.time, seed: 1) { _ in .init(capacity: 1_000, queue: 0) }
        try await store.addFleet(20_000, policy: policy, now: world.time.now)
        let first = daemon(bank)
        let firstRun = first.start(in: world)
        world.advance(by: .hours(1))
        let until = world.time.now.advanced(by: .hours(4))
        _ = try await perform(first) { try await $0.perform(PauseAll(until: until)) }
        let paused = world.time.uptime
        try await stop(first, firstRun)

        let second = daemon(bank, store: store.reopened())
        let secondRun = second.start(in: world)
        world.advance(by: .hours(6))
        let after = bank.tally.arrivals.filter { $0 >= paused }
        let resumed = paused + .hours(4)
        #expect(!after.contains { $0 < resumed })
        #expect(after.count > 4_000)
        #expect(after.count { $0 < resumed + .seconds(5) } <= 18)
        #expect(second.events.events.contains(.fleetPaused(FleetPause(until: until))))
        #expect(second.events.events.count { $0 == .fleetResumed(FleetPause(until: until)) } == 1)
        try await stop(second, secondRun)
    }

    private func perform<Answer: Sendable>(
        _ daemon: SimulatedDaemon, _ operation: @escaping @Sendable (DaemonContext) async throws -> Answer
    ) async throws -> Answer {
        let operations = daemon.operations
        let task = Task(executorPreference: world.executor) { try await operation(operations) }
        world.settle()
        return try await task.value
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async throws {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        try await run.value
    }
}

extension RecordingNotifier.Message {
    fileprivate func isStatus(with text: String) -> Bool {
        if case .status(let status) = self { status.contains(text) } else { false }
    }
}
