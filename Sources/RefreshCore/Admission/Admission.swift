/// Decides how many calls may start now: the operator's pause, throttling, breaker, concurrency and rate in one place.
///
/// Scheduled and manual calls pass through the same one. After every standstill rate and concurrency begin with a tenth.
package struct Admission: Sendable {
    package struct Policy: Equatable, Sendable {
        /// Calls a second over the whole daemon, above zero.
        package var requestsPerSecond: Double
        /// Calls that may start at once after a quiet spell.
        package var burst: Int
        /// Calls in flight at once.
        package var concurrency: ConcurrencyLimit.Policy
        /// How long after a standstill until rate and concurrency are full again.
        package var slowStart: Duration
        package var throttling: Throttling.Policy
        package var breaker: Breaker.Policy

        package init(
            requestsPerSecond: Double = 20,
            burst: Int = 20,
            concurrency: ConcurrencyLimit.Policy = .init(),
            slowStart: Duration = .seconds(20),
            throttling: Throttling.Policy = .init(),
            breaker: Breaker.Policy = .init()
        ) {
            self.requestsPerSecond = requestsPerSecond
            self.burst = burst
            self.concurrency = concurrency
            self.slowStart = slowStart
            self.throttling = throttling
            self.breaker = breaker
        }
    }

    /// Why no call may start at present; a moment is when to ask again at the latest, a call that ends may be sooner.
    package enum Obstacle: Equatable, Sendable {
        case rate(until: Timestamp)
        case concurrency
        /// The concurrency that a slow start allows is used up.
        case slowStart(until: Timestamp)
        case breaker(until: Timestamp?)
        /// Tight asked to call less often.
        case throttled(until: Timestamp)
        case paused(until: Timestamp?)
    }

    package enum Permits: Equatable, Sendable {
        /// At least one.
        case granted(Int)
        case refused(Obstacle)
    }

    /// What the operator is told, once a change.
    package enum Change: Equatable, Sendable {
        case breaker(Breaker.Change)
        case throttled(Throttling.Pause)
        case throttlingEnded(Throttling.Pause)
        /// The operator's pause came to its end.
        case pauseEnded(FleetPause)
    }

    /// One admitted call; handed back when it ends.
    package struct Ticket: Equatable, Sendable {
        package let isProbe: Bool
        /// The breaker's round of probes at which the call began.
        let round: Int
        /// The concurrency limit under which it began.
        let generation: Int
        /// The waits that Tight had asked of the fleet by then.
        let pauses: Int
    }

    package private(set) var policy: Policy
    package private(set) var breaker: Breaker
    package private(set) var throttling: Throttling
    package private(set) var limit: ConcurrencyLimit
    package private(set) var inFlight = 0
    /// The operator's pause of the whole fleet.
    package private(set) var pause: FleetPause?
    private var slowStart: SlowStart
    private var bucket: TokenBucket

    package init(policy: Policy, now: Timestamp) {
        self.policy = policy
        breaker = Breaker(policy: policy.breaker)
        throttling = Throttling(policy: policy.throttling)
        limit = ConcurrencyLimit(policy: policy.concurrency)
        slowStart = SlowStart(span: policy.slowStart)
        bucket = TokenBucket(rate: policy.requestsPerSecond, burst: Double(policy.burst), now: now)
        beginSlowly(now: now)
    }

    package mutating func configure(_ policy: Policy, now: Timestamp) {
        self.policy = policy
        breaker.policy = policy.breaker
        throttling.policy = policy.throttling
        limit.configure(policy.concurrency)
        slowStart.span = policy.slowStart
        _ = followRamp(now)
    }

    /// Puts the operator's pause in force; nil ends it.
    package mutating func pauseFleet(_ pause: FleetPause?, now: Timestamp) {
        if self.pause != nil, pause == nil { beginSlowly(now: now) }
        self.pause = pause
    }

    /// Goes on before the wait that Tight asked for is over, by the operator's wish.
    package mutating func endThrottling(now: Timestamp) -> Change? {
        guard let pause = throttling.end() else { return nil }
        beginSlowly(now: now)
        return .throttlingEnded(pause)
    }

    /// Begins anew with a tenth of rate and concurrency: after a standstill, with a backlog to be expected.
    ///
    /// No `standstill` means a long one; after a short one the ramp is as short.
    package mutating func beginSlowly(after standstill: Duration? = nil, now: Timestamp) {
        slowStart.begin(now: now, after: standstill)
        if followRamp(now) != nil { bucket.keepAtMost(1) }
    }

    /// Ends what is over by now; worth calling even while nobody waits, so that the operator hears of it.
    package mutating func passTime(to now: Timestamp) -> [Change] {
        var changes: [Change] = []
        if let ended = pause, let until = ended.until, now >= until {
            pause = nil
            beginSlowly(now: now)
            changes.append(.pauseEnded(ended))
        }
        if let ended = throttling.ended(now) {
            beginSlowly(after: ended.length, now: now)
            changes.append(.throttlingEnded(ended))
        }
        return changes
    }

    /// How many of the `wanted` calls may start now.
    ///
    /// A grant is no reservation: `begin` is.
    package mutating func permits(for wanted: Int, now: Timestamp) -> (permits: Permits, changes: [Change]) {
        var changes = passTime(to: now)
        if let pause { return (.refused(.paused(until: pause.until)), changes) }
        if let pause = throttling.pause { return (.refused(.throttled(until: pause.until)), changes) }
        let (probes, change) = breaker.permits(now)
        if let change { changes.append(.breaker(change)) }
        if let probes, probes <= 0 { return (.refused(.breaker(until: breaker.waitsUntil)), changes) }
        let ramp = followRamp(now)
        let free = limit.value - inFlight
        guard free > 0 else { return (.refused(.concurrency), changes) }
        let slots = ramp.map { max(1, Int(Double(limit.value) * $0.share)) - inFlight } ?? free
        if let ramp, slots <= 0 { return (.refused(.slowStart(until: ramp.until)), changes) }
        let tokens = bucket.available(now)
        guard tokens > 0 else {
            // A tenth of a second's worth at a time, so that a high rate does not mean a turn for every call.
            let batch = max(1, min(policy.burst, Int(policy.requestsPerSecond / 10)))
            let moment = bucket.moment(of: batch, now: now)
            return (.refused(.rate(until: ramp.map { min($0.until, moment) } ?? moment)), changes)
        }
        return (.granted(min(wanted, slots, tokens, probes ?? .max)), changes)
    }

    /// Gives the bucket the rate that the slow start allows now.
    private mutating func followRamp(_ now: Timestamp) -> (share: Double, until: Timestamp)? {
        let ramp = slowStart.share(now)
        let share = ramp?.share ?? 1
        let rate = policy.requestsPerSecond * share
        let burst = max(1, Double(policy.burst) * share)
        if rate != bucket.rate || burst != bucket.burst { bucket.configure(rate: rate, burst: burst, now: now) }
        return ramp
    }

    /// Takes note of `count` calls that start now.
    package mutating func begin(_ count: Int, now: Timestamp) -> Ticket {
        inFlight += count
        bucket.take(count, now: now)
        breaker.began(count)
        let isProbe = if case .probing = breaker.state { true } else { false }
        return Ticket(isProbe: isProbe, round: breaker.round, generation: limit.generation, pauses: throttling.count)
    }

    /// Hands back `count` calls that were begun but not made.
    package mutating func cancel(_ ticket: Ticket, count: Int) {
        inFlight -= count
        bucket.giveBack(count)
        if ticket.isProbe { breaker.cancelled(count) }
    }

    /// Takes note of a call that ended and says nothing of how the API does; its token of the bucket is spent.
    package mutating func finish(_ ticket: Ticket) {
        inFlight -= 1
        if ticket.isProbe { breaker.cancelled(1) }
    }

    /// Takes note of a call for the user at `place` that ended after `latency`.
    package mutating func end(
        _ ticket: Ticket,
        outcome: Outcome,
        of place: Place,
        latency: Duration,
        now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> [Change] {
        var changes: [Change] = []
        if case .throttled(let retryAfter) = outcome,
            let pause = throttling.throttled(place, retryAfter: retryAfter, now: now, using: &random)
        {
            changes.append(.throttled(pause))
            limit.fleetThrottled(inFlight: inFlight)
        } else if let signal = signal(of: outcome, latency: latency) {
            if case .worked = signal { throttling.worked(count: ticket.pauses) }
            limit.ended(signal, generation: ticket.generation, inFlight: inFlight)
        }
        inFlight -= 1
        let isOfThisRound = ticket.isProbe && ticket.round == breaker.round
        if let change = breaker.ended(outcome, probe: isOfThisRound, now: now, using: &random) {
            if case .closed = change { beginSlowly(now: now) }
            changes.append(.breaker(change))
        }
        return changes
    }

    /// What an outcome says of the API's load; nil for nothing.
    ///
    /// A refused token is answered before any bank is asked: its few milliseconds are no measure of how long the work
    /// takes, and a batch of them would make everything after look slow. The same holds for answers not understood.
    private func signal(of outcome: Outcome, latency: Duration) -> ConcurrencyLimit.Signal? {
        switch outcome {
        case .refreshed, .rejected: .worked(latency)
        case .unauthorized, .forbidden, .refused, .malformed: .answered(latency)
        case .throttled: policy.throttling.scope == .user ? nil : .refused(latency)
        case .unavailable, .unknown(.timeout), .unknown(.connectionLost), .unknown(.gatewayTimeout),
            .unknown(.requestTimeout):
            .refused(latency)
        case .unknown(.crash), .unknown(.givenUp), .misconfigured: nil
        }
    }
}
