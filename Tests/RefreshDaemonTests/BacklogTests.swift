import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// A backlog that takes minutes, with a store that takes its time.
@Suite struct BacklogTests {
    @Test func `while a slow store leases and leases, the watchdog hears that work is done`() async throws {
        var settings = DaemonSettings()
        settings.admission.requestsPerSecond = 200
        settings.admission.burst = 200
        settings.admission.concurrency = ConcurrencyLimit.Policy(min: 2_000, max: 2_000)
        let bench = Workbench(settings: settings)
        try await bench.store.addFleet(
            30_000, policy: bench.policy, now: bench.world.time.now.advanced(by: .days(-2)))
        bench.store.answerLeases { [time = bench.world.time] in try? await time.sleep(for: .milliseconds(60)) }
        let run = bench.start()
        for _ in 0..<6 {
            let before = bench.daemon.notifier.messages.count { $0 == .alive }
            bench.world.advance(by: .seconds(20))
            #expect(bench.daemon.notifier.messages.count { $0 == .alive } > before)
        }
        #expect(bench.bank.log.count > 20_000)
        try await bench.stop(run)
    }

    @Test func `a stop does not wait for a pass over all users`() async throws {
        let bench = Workbench()
        try await bench.store.addFleet(5_000, policy: bench.policy, now: bench.world.time.now)
        bench.store.answerRewrites { [time = bench.world.time] in try? await time.sleep(for: .seconds(30)) }
        // Each start makes such a pass.
        let run = bench.start()
        bench.daemon.scheduler.reschedule()
        bench.world.advance(by: .seconds(5))
        try await bench.stop(run, letting: .seconds(40))
    }

    @Test func `a server that takes too long to find renewals keeps nobody from being called`() async throws {
        let world = Simulation()
        let (store, bank) = (TroubledStore(MemoryUserStore()), ScriptedBank(time: world.time))
        let office = TokenOffice(time: world.time, lifetime: .days(30))
        var settings = DaemonSettings()
        settings.admission.slowStart = .zero
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, renewing: office, settings: settings)
        try await store.addFleet(100, policy: settings.policies.standard, now: world.time.now)
        store.failRenewals(with: .unreachable(place: "postgresql://user@host/database", detail: "canceled"))
        let run = daemon.start(in: world)
        world.advance(by: .hours(24))
        #expect(store.renewalSearches <= 24 * 60 + 1)
        #expect(Set(bank.log.map { $0.token.secret.withBytes { Array($0) } }).count == 100)
        #expect(!daemon.events.events.contains { if case .storeFailed = $0 { true } else { false } })
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        try await run.value
    }
}
