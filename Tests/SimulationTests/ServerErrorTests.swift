import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// A gateway that answers 5xx for some calls that the API has read.
@Suite struct ServerErrorTests {
    let world = Simulation()
    let store = MemoryUserStore()

    /// A third of all calls, by chance, is answered 502 during the first two days.
    private func play(_ policy: UserPolicy) async throws -> ScriptedBank {
        let time = world.time
        let bank = ScriptedBank(time: time) { _, _, call in
            let isBad = time.uptime < .days(2) && SplitMix64.draw(call) % 3 == 0
            return (isBad ? .unavailable(.status(502)) : .refreshed, .seconds(1))
        }
        try await store.addFleet(300, policy: policy, now: time.now)
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank, settings: DaemonSettings(policies: Policies(standard: policy)),
            watchdogInterval: nil)
        let run = daemon.start(in: world)
        world.advance(by: .days(5))
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        try await run.value
        return bank
    }

    /// The shortest span between the end of a call and the next one of the same user.
    private func shortestGap(_ bank: ScriptedBank) -> Duration {
        bank.callsByUser.values.flatMap { calls in
            zip(calls, calls.dropFirst()).map { $1.beganAt - ($0.endedAt ?? .zero) }
        }.min() ?? .zero
    }

    @Test func `calls nobody twice within the minimum interval, and everybody in its turn again`() async throws {
        let bank = try await play(UserPolicy())
        #expect(bank.log.count { $0.outcome == .unavailable(.status(502)) } > 100)
        #expect(shortestGap(bank) >= .hours(6))
        let users = try await store.users(matching: .all, after: nil, limit: .max)
        #expect(users.allSatisfy { $0.record.failures == 0 && $0.record.lastAttempt?.outcome == .refreshed })
    }

    @Test func `calls again soon where the operator knows that nothing stands between`() async throws {
        let bank = try await play(UserPolicy(serverErrors: .soon))
        #expect(shortestGap(bank) < .minutes(1))
    }
}

extension SplitMix64 {
    /// A number that looks like chance, the same for the same call.
    fileprivate static func draw(_ call: Int) -> UInt64 {
        var random = SplitMix64(seed: UInt64(call))
        return random.next()
    }
}
