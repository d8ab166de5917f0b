/// Decides how many calls may start now: rate, concurrency, breaker and the operator's pause, in one place.
///
/// Scheduled and manual calls pass through the same one.
package struct Admission: Sendable {
    package struct Policy: Equatable, Sendable {
        /// Calls a second over the whole daemon, above zero.
        package var requestsPerSecond: Double
        /// Calls that may start at once after a quiet spell.
        package var burst: Int
        /// Calls in flight at once.
        package var concurrency: Int
        package var breaker: Breaker.Policy

        package init(
            requestsPerSecond: Double = 20,
            burst: Int = 20,
            concurrency: Int = 64,
            breaker: Breaker.Policy = .init()
        ) {
            self.requestsPerSecond = requestsPerSecond
            self.burst = burst
            self.concurrency = concurrency
            self.breaker = breaker
        }
    }

    /// Why no call may start at present; a moment is when to ask again at the latest, a call that ends may be sooner.
    package enum Obstacle: Equatable, Sendable {
        case rate(until: Timestamp)
        case concurrency
        case breaker(until: Timestamp?)
        case paused(until: Timestamp?)
    }

    package enum Permits: Equatable, Sendable {
        /// At least one.
        case granted(Int)
        case refused(Obstacle)
    }

    /// One admitted call; handed back when it ends.
    package struct Ticket: Equatable, Sendable {
        package let isProbe: Bool
        /// The breaker's round of probes at which the call began.
        let round: Int
    }

    package private(set) var policy: Policy
    package private(set) var breaker: Breaker
    package private(set) var inFlight = 0
    /// The operator's pause of the whole fleet.
    package private(set) var pause: FleetPause?
    private var bucket: TokenBucket

    package init(policy: Policy, now: Timestamp) {
        self.policy = policy
        breaker = Breaker(policy: policy.breaker)
        bucket = TokenBucket(rate: policy.requestsPerSecond, burst: Double(policy.burst), now: now)
    }

    package mutating func configure(_ policy: Policy, now: Timestamp) {
        self.policy = policy
        breaker.policy = policy.breaker
        bucket.configure(rate: policy.requestsPerSecond, burst: Double(policy.burst), now: now)
    }

    package mutating func pauseFleet(_ pause: FleetPause?) {
        self.pause = pause
    }

    /// How many of the `wanted` calls may start now.
    ///
    /// A grant is no reservation: `begin` is.
    package mutating func permits(for wanted: Int, now: Timestamp) -> (
        permits: Permits, change: Breaker.Change?
    ) {
        if let pause {
            guard let until = pause.until, now >= until else {
                return (.refused(.paused(until: pause.until)), nil)
            }
            self.pause = nil
        }
        let (probes, change) = breaker.permits(now)
        if let probes, probes <= 0 { return (.refused(.breaker(until: breaker.waitsUntil)), change) }
        let free = policy.concurrency - inFlight
        guard free > 0 else { return (.refused(.concurrency), change) }
        let tokens = bucket.available(now)
        guard tokens > 0 else {
            // A tenth of a second's worth at a time, so that a high rate does not mean a turn for every call.
            let batch = max(1, min(policy.burst, Int(policy.requestsPerSecond / 10)))
            return (.refused(.rate(until: bucket.moment(of: batch, now: now))), change)
        }
        return (.granted(min(wanted, free, tokens, probes ?? .max)), change)
    }

    /// Takes note of `count` calls that start now.
    package mutating func begin(_ count: Int, now: Timestamp) -> Ticket {
        inFlight += count
        bucket.take(count, now: now)
        breaker.began(count)
        let isProbe = if case .probing = breaker.state { true } else { false }
        return Ticket(isProbe: isProbe, round: breaker.round)
    }

    /// Hands back `count` calls that were begun but not made.
    package mutating func cancel(_ ticket: Ticket, count: Int) {
        inFlight -= count
        bucket.giveBack(count)
        if ticket.isProbe { breaker.cancelled(count) }
    }

    package mutating func end(
        _ ticket: Ticket,
        outcome: Outcome,
        now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> Breaker.Change? {
        inFlight -= 1
        let isOfThisRound = ticket.isProbe && ticket.round == breaker.round
        return breaker.ended(outcome, probe: isOfThisRound, now: now, using: &random)
    }
}
