import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

@Suite struct PunctualityTests {
    @Test func `who falls due again while nobody else is due is called in time`() async throws {
        var settings = DaemonSettings()
        // Well within the interval at which the scheduler looks around anyhow.
        settings.policies.standard.outageBackoff = Backoff(first: .seconds(2), ceiling: .seconds(2), jitter: .upperHalf)
        let bench = Workbench(settings: settings)
        bench.bank.answer { _, _, call in (call == 0 ? .unavailable(.notConnected) : .refreshed, .seconds(5)) }
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        var waited = Duration.zero
        while bench.bank.log.first?.endedAt == nil, waited < .days(2) {
            bench.world.advance(by: .seconds(1))
            waited += .seconds(1)
        }
        bench.world.settle()
        let due = try #require(try await bench.store.user(Fleet.id(0))?.state.due)
        bench.world.advance(by: .minutes(10))
        let second = try #require(bench.bank.log.dropFirst().first)
        #expect(due.duration(to: second.began) < .milliseconds(10))
        try await bench.stop(run)
    }
}
