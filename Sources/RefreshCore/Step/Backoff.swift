/// How long to wait after each consecutive failure: a doubling delay with jitter and a ceiling.
///
/// | failure | `first` 6 h, `ceiling` 7 d, upper half | `first` 30 s, `ceiling` 1 h, full |
/// |---|---|---|
/// | 1 | 3 to 6 h | 0 to 30 s |
/// | 2 | 6 to 12 h | 0 to 60 s |
/// | 5 | 2 to 4 d | 0 to 8 min |
/// | 10 | 3.5 to 7 d | 0 to 1 h |
package struct Backoff: Equatable, Sendable {
    package enum Jitter: Equatable, Sendable {
        /// Between zero and the delay: spreads users that failed together.
        case full
        /// Between half the delay and the delay: below the ceiling, each wait is at least as long as the one before.
        case upperHalf
    }

    package var first: Duration
    package var ceiling: Duration
    package var jitter: Jitter

    package init(first: Duration, ceiling: Duration, jitter: Jitter) {
        self.first = first
        self.ceiling = ceiling
        self.jitter = jitter
    }

    /// The longest wait after `failures` consecutive failures (1 or more), before jitter.
    package func delay(_ failures: Int) -> Duration {
        let first = max(1, first.wholeMicroseconds)
        let ceiling = max(0, ceiling.wholeMicroseconds)
        let doublings = max(1, failures) - 1
        // Compared before doubling, so that nothing overflows.
        guard doublings < 62, first <= ceiling >> Int64(doublings) else { return .microseconds(ceiling) }
        return .microseconds(first << Int64(doublings))
    }

    package func wait(after failures: Int, using random: inout some RandomNumberGenerator) -> Duration {
        let delay = delay(failures).wholeMicroseconds
        let least = jitter == .full ? 0 : delay / 2 + delay % 2
        return .microseconds(Int64.random(in: least...delay, using: &random))
    }
}
