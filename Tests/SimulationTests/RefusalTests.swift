import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// One user's refusal (4xx) is that user's; everybody's is a wrong configuration.
@Suite struct RefusalTests {
    let world = Simulation()
    let store = MemoryUserStore()
    let policy = UserPolicy(
        cadence: Cadence(every: .hours(2)), minimumInterval: .minutes(20), attemptsPerDay: 1_000,
        failureBackoff: Backoff(first: .minutes(30), ceiling: .hours(6), jitter: .upperHalf))

    private func begin(_ users: Int, _ bank: ScriptedBank) async throws -> (SimulatedDaemon, Task<Void, any Error>) {
        try await store.addFleet(users, policy: policy, now: world.time.now)
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank, settings: DaemonSettings(policies: Policies(standard: policy)))
        return (daemon, daemon.start(in: world))
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async throws {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        try await run.value
    }

    private func breakerChanges(_ daemon: SimulatedDaemon) -> [Breaker.Change] {
        daemon.events.events.compactMap { if case .breaker(let change) = $0 { change } else { nil } }
    }

    @Test(arguments: [1, 20], [402, 404, 409, 410, 422])
    func `of 200 users a few are refused: all others are refreshed on time`(bad: Int, status: Int) async throws {
        let bank = ScriptedBank(time: world.time)
        bank.answer { token, _, _ in
            let number = Fleet.number(of: token) ?? 0
            return number < bad ? (.refused(status: status), .milliseconds(80)) : (.refreshed, .seconds(5))
        }
        let (daemon, run) = try await begin(200, bank)
        world.advance(by: .hours(24))
        #expect(breakerChanges(daemon).isEmpty)
        let calls = bank.callsByUser
        for user in bad..<200 { #expect((11...13).contains(calls[user]?.count ?? 0), "user \(user)") }
        try await stop(daemon, run)
    }

    @Test func `a forced refresh of one user stops nobody`() async throws {
        let bank = ScriptedBank(time: world.time)
        bank.answer { token, _, _ in
            Fleet.number(of: token) == 7 ? (.refused(status: 404), .milliseconds(80)) : (.refreshed, .seconds(5))
        }
        let (daemon, run) = try await begin(200, bank)
        let operations = daemon.operations
        for _ in 0..<50 {
            let refresh = Task(executorPreference: world.executor) {
                try await operations.perform(RefreshUsers([try Fleet.id(7)], force: true))
            }
            // Before anybody was answered it may wait for the end of a call of another's.
            world.advance(by: .seconds(6))
            #expect(try await refresh.value.first?.outcome == .refused)
        }
        #expect(breakerChanges(daemon).isEmpty)
        try await stop(daemon, run)
    }

    @Test func `with a wrong address three users are called, then the probes; once mended everybody is`() async throws {
        let bank = ScriptedBank(time: world.time)
        let mended = Duration.hours(6)
        let time = world.time
        bank.answer { _, _, _ in
            time.uptime < mended ? (.refused(status: 404), .milliseconds(80)) : (.refreshed, .seconds(5))
        }
        let (daemon, run) = try await begin(500, bank)
        world.advance(by: mended)
        guard case .opened(let opening)? = breakerChanges(daemon).first else {
            Issue.record("not opened")
            return
        }
        #expect(opening.cause == .misconfigured(.status(404)))
        let opened = world.time.now.advanced(by: .zero - mended).duration(to: opening.at)
        #expect(bank.log.count { $0.beganAt < opened } <= 3)
        // Three at each pause; a quarter of an hour at most between them.
        let pauses = 60
        #expect(bank.log.count <= 3 * pauses)
        let refused = daemon.events.attempts.filter { $0.attempt.outcome.kind == .refused }
        #expect(refused.count == 2)
        let misconfigured = daemon.events.attempts.filter { $0.attempt.outcome.kind == .misconfigured }
        #expect(misconfigured.allSatisfy { $0.user.record.failures == 0 && $0.user.record.attemptsToday == 0 })
        world.advance(by: .hours(1))
        #expect(daemon.gate.breaker == .closed)
        // Nobody was pushed away by the night.
        let refreshed = Set(bank.log.filter { $0.outcome == .refreshed }.compactMap { Fleet.number(of: $0.token) })
        #expect(refreshed.count >= 490)
        try await stop(daemon, run)
    }

    @Test func `a user that is always refused does not keep the breaker open`() async throws {
        let bank = ScriptedBank(time: world.time)
        let down = Duration.hours(3)..<Duration.hours(4)
        let time = world.time
        bank.answer { token, _, _ in
            if down.contains(time.uptime) { return (.unavailable(.notConnected), .milliseconds(10)) }
            let number = Fleet.number(of: token) ?? 0
            return number < 20 ? (.refused(status: 404), .milliseconds(80)) : (.refreshed, .seconds(5))
        }
        let (daemon, run) = try await begin(200, bank)
        world.advance(by: down.lowerBound)
        #expect(breakerChanges(daemon).isEmpty)
        world.advance(by: .hours(1))
        #expect(daemon.gate.breaker != .closed)
        world.advance(by: .minutes(16))
        #expect(daemon.gate.breaker == .closed)
        world.advance(by: .hours(3))
        let closings = breakerChanges(daemon).count { if case .closed = $0 { true } else { false } }
        #expect(closings == 1)
        try await stop(daemon, run)
    }
}
