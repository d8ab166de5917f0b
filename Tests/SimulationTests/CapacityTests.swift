import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// The adaptive limit against every fixed one, with an upstream whose capacity nobody knows and that changes.
@Suite struct CapacityTests {
    /// What the upstream does when it is asked for more than it can.
    enum Overload: String, CaseIterable, CustomTestStringConvertible {
        /// It slows down, and takes on whatever comes.
        case slows
        /// It slows down a little, then answers 503.
        case refuses
        /// It slows down a little, then answers 429.
        case throttles

        var testDescription: String { rawValue }
    }

    static let fixed = [10, 15, 30, 45, 90]
    static let phase = Duration.minutes(10)

    /// Users refreshed in half an hour with this limit; the upstream can 30 at a time at first, then 10, then 50.
    private func refreshed(_ concurrency: ConcurrencyLimit.Policy, _ overload: Overload) async throws -> Int {
        let world = Simulation()
        let store = MemoryUserStore()
        var policy = UserPolicy()
        // A backlog that is never done with.
        policy.outageTriesPerSlot = 1_000
        let bank = LimitedBank(time: world.time, seed: 7) { uptime in
            let capacity = uptime < Self.phase ? 30 : uptime < Self.phase * 2 ? 10 : 50
            return LimitedBank.Limits(
                capacity: capacity, queue: overload == .slows ? .max / 2 : capacity / 2,
                refusal: overload == .throttles ? .throttled(retryAfter: nil) : .unavailable(.status(503)))
        }
        try await store.addFleet(40_000, policy: policy, now: world.time.now.advanced(by: .zero - .days(3)))
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank,
            settings: DaemonSettings(
                policies: Policies(standard: policy),
                admission: Admission.Policy(requestsPerSecond: 1_000, burst: 1_000, concurrency: concurrency)))
        let run = daemon.start(in: world)
        world.advance(by: Self.phase * 3)
        daemon.daemon.stop()
        let tally = bank.tally
        world.advance(by: .minutes(10))
        _ = await run.result
        return tally.refreshed
    }

    @Test(arguments: Overload.allCases)
    func `finds a capacity that nobody told it, and follows it`(overload: Overload) async throws {
        var best = (limit: 0, refreshed: 0)
        for limit in Self.fixed {
            let refreshed = try await refreshed(.fixed(limit), overload)
            if refreshed > best.refreshed { best = (limit, refreshed) }
        }
        let adaptive = try await refreshed(.init(), overload)
        let ratio = Double(adaptive) / Double(best.refreshed)
        let percent = (ratio * 1_000).rounded() / 10
        print(
            "upstream \(overload.rawValue): adaptive \(adaptive), best fixed \(best.refreshed) at \(best.limit): \(percent) %"
        )
        #expect(ratio >= 0.88)
    }
}
