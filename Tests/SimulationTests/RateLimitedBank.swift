import RefreshCore
import RefreshDaemon
import Synchronization
import TestSupport

/// An upstream that lets so many calls through, and works on those for a while.
final class RateLimitedBank: BankRefreshing {
    private struct State {
        var server: any RateLimitedServer
        var random: SplitMix64
        var passed: [Duration] = []
        var refused: [Duration] = []
    }

    private let time: any Timekeeping
    private let latency: Duration
    private let state: Mutex<State>

    init(_ server: any RateLimitedServer, time: any Timekeeping, latency: Duration = .seconds(2), seed: UInt64) {
        self.time = time
        self.latency = latency
        state = Mutex(State(server: server, random: SplitMix64(seed: seed)))
    }

    /// When calls arrived that passed, and that were refused, on the steady clock.
    var arrivals: (passed: [Duration], refused: [Duration]) { state.withLock { ($0.passed, $0.refused) } }

    func refresh(_ token: AccessToken, beginBy: Duration?) async throws(CallNotBegun) -> RefreshAnswer {
        let delay = state.withLock { Duration.microseconds(Int64.random(in: 2_000...5_000, using: &$0.random)) }
        try? await time.sleep(for: delay)
        let arrival = time.uptime
        let (refusal, work) = state.withLock { state -> (Outcome?, Duration) in
            let refusal = state.server.take(at: arrival / .seconds(1))
            if refusal == nil { state.passed.append(arrival) } else { state.refused.append(arrival) }
            let spread = Double.random(in: 0.5...1.5, using: &state.random)
            return (refusal, latency * spread + .seconds(1) * state.server.delay)
        }
        if let refusal { return RefreshAnswer(outcome: refusal, httpStatus: nil) }
        do { try await time.sleep(for: work) } catch {
            return RefreshAnswer(outcome: .unknown(.givenUp), httpStatus: nil)
        }
        return RefreshAnswer(outcome: .refreshed, httpStatus: 200)
    }
}
