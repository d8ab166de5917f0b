import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

@Suite struct ClockReadingTests {
    /// How often the clocks are read in a minute in which so many users are called, each once.
    private func readings(_ users: Int) async throws -> Int {
        var settings = DaemonSettings()
        settings.admission.requestsPerSecond = 10_000
        settings.admission.burst = 10_000
        settings.admission.concurrency = .fixed(500)
        let bench = Workbench(settings: settings)
        try await bench.store.addFleet(users, policy: bench.policy, now: bench.world.time.now.advanced(by: .days(-9)))
        let run = bench.start()
        bench.world.advance(by: .minutes(1))
        let readings = bench.world.time.readings
        #expect(bench.bank.log.count == users)
        try await bench.stop(run)
        return readings
    }

    @Test func `a call reads the clocks once as it begins, and once for all that its end takes`() async throws {
        let calls = 1_000
        let perCall = Double(try await readings(1 + calls) - readings(1)) / Double(calls)
        // The turn of the scheduler that it wakes reads them once more.
        #expect((2..<3.1).contains(perCall), "\(perCall)")
    }
}
