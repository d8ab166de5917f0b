import RefreshCore
import RefreshDaemon
import Synchronization

/// An upstream that can work on so many calls at a time: beyond, calls take longer, and beyond its queue it refuses.
final class LimitedBank: BankRefreshing {
    struct Limits: Sendable {
        /// Calls worked on at full speed.
        var capacity: Int
        /// Calls taken beyond that; they slow all down in proportion.
        var queue: Int
        var latency = Duration.seconds(2)
        var refusal = Outcome.unavailable(.status(503))
    }

    struct Tally: Sendable {
        var refreshed = 0
        var refused = 0
        var inFlight = 0
        var mostInFlight = 0
        /// When calls arrived, on the steady clock.
        var arrivals: [Duration] = []
    }

    private struct State {
        var tally = Tally()
        var random: SplitMix64
    }

    private let time: any Timekeeping
    private let limits: @Sendable (Duration) -> Limits
    private let state: Mutex<State>

    /// `limits` tells what holds at a moment of the steady clock.
    init(time: any Timekeeping, seed: UInt64, limits: @escaping @Sendable (Duration) -> Limits) {
        self.time = time
        self.limits = limits
        state = Mutex(State(random: SplitMix64(seed: seed)))
    }

    var tally: Tally { state.withLock { $0.tally } }

    func refresh(_ token: AccessToken, beginBy: Duration?) async throws(CallNotBegun) -> RefreshAnswer {
        let arrival = time.uptime
        let limits = limits(arrival)
        let latency: Duration? = state.withLock { state in
            state.tally.arrivals.append(arrival)
            guard state.tally.inFlight < limits.capacity + limits.queue else {
                state.tally.refused += 1
                return nil
            }
            state.tally.inFlight += 1
            state.tally.mostInFlight = max(state.tally.mostInFlight, state.tally.inFlight)
            // Half to one and a half times the usual, as banks differ.
            let spread = Double.random(in: 0.5...1.5, using: &state.random)
            return limits.latency * spread * max(1, Double(state.tally.inFlight) / Double(limits.capacity))
        }
        guard let latency else {
            try? await time.sleep(for: .milliseconds(50))
            return RefreshAnswer(outcome: limits.refusal, httpStatus: nil)
        }
        do { try await time.sleep(for: latency) } catch {
            state.withLock { $0.tally.inFlight -= 1 }
            return RefreshAnswer(outcome: .unknown(.givenUp), httpStatus: nil)
        }
        state.withLock { state in
            state.tally.inFlight -= 1
            state.tally.refreshed += 1
        }
        return RefreshAnswer(outcome: .refreshed, httpStatus: 200)
    }
}

extension [Duration] {
    /// The most of these moments that lie within one span of this length; they are in order.
    func most(within span: Duration) -> Int {
        var first = startIndex
        var most = 0
        for index in indices {
            while self[index] - self[first] >= span { first += 1 }
            most = Swift.max(most, index - first + 1)
        }
        return most
    }
}
