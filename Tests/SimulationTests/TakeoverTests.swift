import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// How a daemon takes over the users of one that died while it has much to do itself.
@Suite struct TakeoverTests {
    private let world = Simulation()
    private let memory = MemoryUserStore()

    @Test func `users of a daemon that died are taken over soon, however many calls of its own a daemon settles`()
        async throws
    {
        let time = world.time
        let policy = UserPolicy(
            cadence: Cadence(every: .minutes(20)), minimumInterval: .minutes(10), attemptsPerDay: 1_000)
        try await memory.addFleet(15_000, policy: policy, now: time.now)
        time.jump(to: .minutes(30))
        let dead = memory.shared()
        let held = try await dead.leaseDue(
            now: time.now, until: time.now.advanced(by: .seconds(30)), limit: 1_500)
        #expect(held.count == 1_500)

        let store = TroubledStore(memory.shared())
        store.settle(after: { try? await time.sleep(for: .milliseconds(100)) })
        // Calls end all the time, so that there is never a moment without a result to write.
        let bank = ScriptedBank(time: time) { _, _, call in (.refreshed, .milliseconds(call * 7 % 1_000)) }
        var admission = Admission.Policy(requestsPerSecond: 200, burst: 200, concurrency: .fixed(500))
        admission.slowStart = .zero
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank,
            settings: DaemonSettings(policies: Policies(standard: policy), admission: admission),
            fleet: MemoryFleet(sharing: memory, time: time).member(1))
        func takenOver() -> Int { daemon.observer.snapshot().outcomes[.unknown] ?? 0 }
        let run = daemon.start(in: world)
        world.advance(by: .seconds(28))
        #expect(takenOver() == 0)
        let before = bank.log.count
        world.advance(by: .seconds(12))
        #expect(bank.log.count - before > 1_000)
        #expect(takenOver() == held.count)
        daemon.daemon.stop()
        world.advance(by: .minutes(2))
        try await run.value
    }
}
