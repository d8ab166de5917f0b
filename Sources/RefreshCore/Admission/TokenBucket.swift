/// A rate limit that allows short bursts: tokens drip in at `rate` and at most `burst` of them are kept.
package struct TokenBucket: Sendable {
    /// Tokens per second; above zero.
    package private(set) var rate: Double
    package private(set) var burst: Double
    private var tokens: Double
    private var filledAt: Timestamp

    /// Starts with one token rather than a full burst: after a restart the rate ramps up.
    package init(rate: Double, burst: Double, now: Timestamp) {
        self.rate = rate
        self.burst = max(1, burst)
        tokens = 1
        filledAt = now
    }

    package mutating func configure(rate: Double, burst: Double, now: Timestamp) {
        refill(now)
        self.rate = rate
        self.burst = max(1, burst)
        tokens = min(tokens, self.burst)
    }

    /// Whole tokens that may be taken now.
    package mutating func available(_ now: Timestamp) -> Int {
        refill(now)
        return Int(tokens)
    }

    package mutating func take(_ count: Int, now: Timestamp) {
        refill(now)
        tokens -= Double(count)
    }

    /// Puts back tokens that were taken for calls that were not made.
    package mutating func giveBack(_ count: Int) {
        tokens = min(burst, tokens + Double(count))
    }

    /// Discards tokens above `count` that were saved in a quiet spell.
    package mutating func keepAtMost(_ count: Int) {
        tokens = min(tokens, Double(count))
    }

    /// When `count` tokens are available; now, if they already are.
    package func moment(of count: Int, now: Timestamp) -> Timestamp {
        let missing = min(Double(count), burst) - tokens
        guard missing > 0 else { return now }
        // Capped at about 30,000 years; a longer wait would not fit.
        let wait = min((missing / rate * 1_000_000).rounded(.up), 1e18)
        return now.advanced(by: .microseconds(Int64(wait)))
    }

    private mutating func refill(_ now: Timestamp) {
        // A clock set back gives no tokens and takes none.
        let elapsed = Double(max(0, filledAt.duration(to: now).wholeMicroseconds)) / 1_000_000
        tokens = min(burst, tokens + elapsed * rate)
        filledAt = now
    }
}
