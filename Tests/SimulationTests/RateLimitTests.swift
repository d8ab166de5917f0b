import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// The whole daemon with a backlog, before servers that let so many calls a second through.
@Suite struct RateLimitTests {
    private struct Run {
        let bank: RateLimitedBank
        let events: [Event]
        let status: StatusReport
    }

    private func run(_ server: any RateLimitedServer, minutes: Int64, users: Int = 60_000) async throws -> Run {
        let world = Simulation()
        let store = MemoryUserStore()
        let policy = UserPolicy()
        let bank = RateLimitedBank(server, time: world.time, seed: 3)
        try await store.addFleet(users, policy: policy, now: world.time.now.advanced(by: .zero - .days(3)))
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank, settings: DaemonSettings(policies: Policies(standard: policy)))
        let run = daemon.start(in: world)
        world.advance(by: .minutes(minutes))
        let operations = daemon.operations
        let asked = Task(executorPreference: world.executor) { try await operations.perform(ReadStatus()) }
        world.settle()
        let status = try await asked.value
        daemon.daemon.stop()
        world.advance(by: .minutes(2))
        try await run.value
        return Run(bank: bank, events: daemon.events.events, status: status)
    }

    /// Calls a second that passed, and the share that was refused, in a span of minutes.
    private func figures(_ bank: RateLimitedBank, _ span: Range<Int>) -> (rate: Double, refused: Double) {
        let arrivals = bank.arrivals
        let from = Duration.seconds(span.lowerBound * 60)
        let until = Duration.seconds(span.upperBound * 60)
        let passed = arrivals.passed.count { $0 >= from && $0 < until }
        let refused = arrivals.refused.count { $0 >= from && $0 < until }
        return (Double(passed) / Double(span.count * 60), Double(refused) / Double(max(1, passed + refused)))
    }

    @Test(arguments: [Outcome.throttled(retryAfter: nil), .unavailable(.status(503))])
    func `behind nginx with 10 requests a second, nearly as many are made, and it is told once`(
        refusal: Outcome
    ) async throws {
        let run = try await run(LeakyBucket(rate: 10, refusal: refusal), minutes: 30)
        let (rate, refused) = figures(run.bank, 3..<30)
        print("nginx, 10 a second, \(refusal): \(rate) a second, \(refused * 100) % refused")
        #expect(rate >= 9)
        #expect(refused <= 0.02)
        let told = run.events.filter { if case .rateLimit = $0 { true } else { false } }
        #expect(told.count == 1)
        let stops = run.events.count {
            switch $0 {
            case .breaker, .fleetThrottled: true
            default: false
            }
        }
        #expect(stops == 0)
        #expect(run.status.learnedRate.map { $0 >= 9 && $0 <= 10.5 } == true)
        #expect(run.status.summary.contains("calls a second, as many as Tight lets through"))
    }

    @Test func `a quota of 1,000 in five minutes is spread over them`() async throws {
        let run = try await run(FixedWindow(count: 1_000, length: 300, asksToWait: true, phase: 120), minutes: 90)
        let (rate, refused) = figures(run.bank, 15..<90)
        #expect(rate >= 3)
        #expect(refused <= 0.01)
        // Not once every five minutes, which is eighteen times: a little more is tried now and then.
        #expect(run.events.count { if case .fleetThrottled = $0 { true } else { false } } <= 11)
    }
}
