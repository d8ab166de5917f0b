package import RefreshCore

/// Servers that let so many calls through, as they are found in the field.
package protocol RateLimitedServer: Sendable {
    /// A call that arrives, in seconds since some moment: nil when it passes, else how it is refused.
    mutating func take(at moment: Double) -> Outcome?
    /// For how long a call that passed is held back, in seconds.
    var delay: Double { get }
}

/// nginx's `limit_req`: a bucket that leaks, and refuses what would make it overflow.
///
/// Source: the module's documentation; with no `burst` no call may follow the one before sooner than 1/rate.
package struct LeakyBucket: RateLimitedServer {
    package let rate: Double
    package let burst: Double
    /// Whether what is above the rate waits for its turn (`nodelay` is not set).
    package let delays: Bool
    package let refusal: Outcome
    package private(set) var delay = 0.0
    private var excess = 0.0
    private var last: Double?

    package init(
        rate: Double, burst: Double = 0, delays: Bool = false, refusal: Outcome = .throttled(retryAfter: nil)
    ) {
        self.rate = rate
        self.burst = burst
        self.delays = delays
        self.refusal = refusal
    }

    package mutating func take(at moment: Double) -> Outcome? {
        if let last {
            let next = max(0, excess - rate * (moment - last) + 1)
            if next > burst + 1e-9 { return refusal }
            excess = next
        }
        last = moment
        delay = delays ? excess / rate : 0
        return nil
    }
}

/// A bucket of tokens that drip in; many gateways.
package struct ServerTokens: RateLimitedServer {
    package let rate: Double
    package let burst: Double
    /// Whether it says when the next token is there.
    package let asksToWait: Bool
    package var delay: Double { 0 }
    private var tokens: Double
    private var last = 0.0

    package init(rate: Double, burst: Double, asksToWait: Bool) {
        self.rate = rate
        self.burst = burst
        self.asksToWait = asksToWait
        tokens = burst
    }

    package mutating func take(at moment: Double) -> Outcome? {
        tokens = min(burst, tokens + rate * (moment - last))
        last = moment
        guard tokens < 1 else {
            tokens -= 1
            return nil
        }
        return .throttled(
            retryAfter: asksToWait ? .seconds(Int64(((1 - tokens) / rate).rounded(.up))) : nil)
    }
}

/// So many calls in each stretch of time; "1,000 per five minutes".
package struct FixedWindow: RateLimitedServer {
    package let count: Int
    package let length: Double
    package let asksToWait: Bool
    /// How far into a window the first moment lies.
    package let phase: Double
    package var delay: Double { 0 }
    private var window = -1
    private var used = 0

    package init(count: Int, length: Double, asksToWait: Bool, phase: Double = 0) {
        self.count = count
        self.length = length
        self.asksToWait = asksToWait
        self.phase = phase
    }

    package mutating func take(at moment: Double) -> Outcome? {
        let window = Int((moment + phase) / length)
        if window != self.window {
            self.window = window
            used = 0
        }
        guard used >= count else {
            used += 1
            return nil
        }
        let left = Double(window + 1) * length - (moment + phase)
        return .throttled(retryAfter: asksToWait ? .seconds(Int64(left.rounded(.up))) : nil)
    }
}

/// A server whose limit is lifted at a moment.
package struct LiftedLimit: RateLimitedServer {
    private var server: any RateLimitedServer
    private let until: Double

    package init(_ server: any RateLimitedServer, until: Double) {
        self.server = server
        self.until = until
    }

    package var delay: Double { server.delay }
    package mutating func take(at moment: Double) -> Outcome? { moment < until ? server.take(at: moment) : nil }
}
