/// Decides how many calls may start, from the operator's pause, throttling, breaker, concurrency limit and rate.
///
/// Scheduled and manual calls share one instance. After every standstill, rate and concurrency restart at a tenth.
package struct Admission: Sendable {
    package struct Policy: Equatable, Sendable {
        /// Calls per second over all users; above zero.
        package var requestsPerSecond = 20.0
        /// Calls that may start at once after a quiet spell.
        package var burst = 20
        /// Calls in flight at once.
        package var concurrency = ConcurrencyLimit.Policy()
        /// How long rate and concurrency take to recover fully after a standstill.
        package var slowStart: Duration = .seconds(20)
        package var throttling = Throttling.Policy()
        package var breaker = Breaker.Policy()

        package static let standard = Policy()
    }

    /// Why no call may start; `until` is when to ask again at the latest, but a call that ends may allow one sooner.
    package enum Obstacle: Equatable, Sendable {
        case rate(until: Timestamp)
        case concurrency
        /// The concurrency that a slow start allows is used up.
        case slowStart(until: Timestamp)
        case breaker(until: Timestamp?)
        /// Tight asked to call less often.
        case throttled(until: Timestamp)
        case paused(until: Timestamp?)
        /// The other daemons of the fleet have not heard from this one lately and do not account for its calls.
        case outOfTouch(until: Timestamp)
    }

    package enum Permits: Equatable, Sendable {
        case granted(Int)
        case refused(Obstacle)
    }

    /// One admitted call; passed back when it ends.
    package struct Ticket: Equatable, Sendable {
        /// The breaker's round in which the call probes; nil if it is no probe.
        let round: Int?
        /// The generation of the concurrency limit under which the call began.
        let generation: Int
        /// The number of throttling pauses before the call began.
        let pauses: Int
        /// The call's number in the `CallSequence`; 0 if it is not a refresh.
        let number: Int

        package var isProbe: Bool { round != nil }
    }

    /// The configured policy, for all daemons of the fleet together.
    private var whole: Policy
    private var members = 1
    /// This daemon's share of `whole`.
    package private(set) var policy: Policy
    package private(set) var breaker: Breaker
    package private(set) var throttling: Throttling
    package private(set) var limit: ConcurrencyLimit
    package private(set) var rate: LearnedRate
    package private(set) var inFlight = 0
    package private(set) var pause: FleetPause?
    private var slowStart: SlowStart
    private var lostConnections = LostConnections()
    /// Tells which calls pass while others get a permanent refusal (4xx).
    private var passing = PassingCalls()
    private var bucket: TokenBucket

    package init(policy: Policy, now: Timestamp) {
        whole = policy
        self.policy = policy
        breaker = Breaker(policy: policy.breaker)
        throttling = Throttling(policy: policy.throttling)
        limit = ConcurrencyLimit(policy: policy.concurrency)
        rate = LearnedRate(most: policy.requestsPerSecond, now: now)
        slowStart = SlowStart(span: policy.slowStart)
        bucket = TokenBucket(rate: policy.requestsPerSecond, burst: Double(policy.burst), now: now)
        beginSlowly(now: now)
    }

    /// Applies a new policy; ends a breaker pause for a misconfiguration, which may be fixed, and lets probes decide.
    @discardableResult
    package mutating func configure(_ policy: Policy, now: Timestamp) -> [Event] {
        whole = policy
        self.policy = policy.share(among: members)
        breaker.policy = policy.breaker
        breaker.beginAnew(after: rate.calls.latest)
        throttling.policy = policy.throttling
        followShare(now)
        slowStart.span = policy.slowStart
        let change = breaker.isMisconfigured ? breaker.endPause(now) : nil
        if change != nil { beginSlowly(now: now) }
        _ = followRamp(now)
        return change.map { [.breaker($0)] } ?? []
    }

    /// Divides rate and concurrency by the number of daemons that call, 1 or more.
    package mutating func share(among members: Int, now: Timestamp) {
        guard members != self.members else { return }
        self.members = max(1, members)
        policy = whole.share(among: self.members)
        followShare(now)
    }

    private mutating func followShare(_ now: Timestamp) {
        limit.configure(policy.concurrency)
        rate.configure(most: policy.requestsPerSecond, now: now)
        _ = followRamp(now)
    }

    /// Records that another daemon of the fleet was asked to wait.
    package mutating func throttle(byFleet pause: Throttling.Pause) -> [Event] {
        guard throttling.obey(pause) else { return [] }
        limit.fleetThrottled(inFlight: inFlight)
        return [.fleetThrottled(pause)]
    }

    /// Records that another daemon of the fleet found the API down.
    package mutating func openBreaker(byFleet opening: Breaker.Opening, now: Timestamp) -> [Event] {
        guard let change = breaker.open(byFleet: opening) else { return [] }
        rate.takeBack(now: now)
        return [.breaker(change)]
    }

    /// Records that another daemon of the fleet found the API back up.
    package mutating func closeBreaker(byFleet now: Timestamp) -> [Event] {
        guard let change = breaker.closeByFleet(now: now) else { return [] }
        beginSlowly(now: now)
        return [.breaker(change)]
    }

    /// Sets whether this daemon may probe the API once a breaker pause is over.
    package mutating func letProbe(_ may: Bool) { breaker.mayProbe = may }

    /// Puts the operator's pause in force; nil ends it.
    package mutating func pauseFleet(_ pause: FleetPause?, now: Timestamp) {
        if self.pause != nil, pause == nil { beginSlowly(now: now) }
        self.pause = pause
    }

    /// Ends a throttling pause early, at the operator's request.
    package mutating func endThrottling(now: Timestamp) -> Event? {
        guard let pause = throttling.end() else { return nil }
        beginSlowly(now: now)
        return .fleetThrottlingEnded(pause)
    }

    /// Restarts with a tenth of rate and concurrency after a standstill, which has probably left a backlog.
    ///
    /// Nil for `standstill` means a long one; after a short one, the ramp is as short.
    package mutating func beginSlowly(after standstill: Duration? = nil, now: Timestamp) {
        slowStart.begin(now: now, after: standstill)
        if followRamp(now) != nil { bucket.keepAtMost(1) }
    }

    /// Ends pauses that are over.
    ///
    /// Call this even if no call is waiting, so that the end is reported.
    package mutating func passTime(to now: Timestamp) -> [Event] {
        var changes: [Event] = []
        if let ended = pause, let until = ended.until, now >= until {
            pause = nil
            beginSlowly(now: now)
            changes.append(.fleetResumed(ended))
        }
        if let ended = throttling.ended(now) {
            beginSlowly(after: ended.length, now: now)
            changes.append(.fleetThrottlingEnded(ended))
        }
        return changes
    }

    /// How many of the `wanted` calls may start now.
    ///
    /// A grant reserves nothing; `begin` does.
    package mutating func permits(for wanted: Int, now: Timestamp) -> (permits: Permits, changes: [Event]) {
        var changes = passTime(to: now)
        if let pause { return (.refused(.paused(until: pause.until)), changes) }
        if let pause = throttling.pause {
            _ = rate.isHeld(byRate: false, now: now)
            return (.refused(.throttled(until: pause.until)), changes)
        }
        let (probes, change) = breaker.permits(now)
        if let change {
            changes.append(.breaker(change))
            // Probes that start together could exceed a limit that does not allow two calls at once.
            beginSlowly(now: now)
        }
        if let probes, probes <= 0 {
            // The end of another daemon's probes sends no signal, so ask again soon.
            let until = breaker.mayProbe ? breaker.waitsUntil : now.advanced(by: .seconds(1))
            return (.refused(.breaker(until: until)), changes)
        }
        let ramp = followRamp(now)
        let free = limit.value - inFlight
        guard free > 0 else {
            _ = rate.isHeld(byRate: false, now: now)
            return (.refused(.concurrency), changes)
        }
        let slots = ramp.map { max(1, Int(Double(limit.value) * $0.share)) - inFlight } ?? free
        if let ramp, slots <= 0 { return (.refused(.slowStart(until: ramp.until)), changes) }
        var tokens = bucket.available(now)
        if tokens <= 0 {
            if let change = rate.isHeld(byRate: ramp == nil, now: now) { changes.append(.rateLimit(change)) }
            // The rate may have been raised.
            followRate(ramp?.share, now)
            tokens = bucket.available(now)
        }
        guard tokens > 0 else {
            let moment = bucket.moment(of: batch, now: now)
            return (.refused(.rate(until: ramp.map { min($0.until, moment) } ?? moment)), changes)
        }
        rate.isNotHeld(now: now)
        return (.granted(min(wanted, slots, tokens, probes ?? .max)), changes)
    }

    /// Calls to start at once: a tenth of a second's worth, so that a high rate does not need a pass per call.
    ///
    /// Under a learned rate it is a hundredth of a second's worth, because the API may not allow two calls at once.
    private var batch: Int {
        if let rate = rate.value { return max(1, Int(rate / 100)) }
        return max(1, min(policy.burst, Int(policy.requestsPerSecond / 10)))
    }

    /// Sets the bucket's rate to what the slow start allows.
    private mutating func followRamp(_ now: Timestamp) -> (share: Double, until: Timestamp)? {
        let ramp = slowStart.share(now)
        if ramp != nil { rate.beginRound(now: now) }
        followRate(ramp?.share, now)
        return ramp
    }

    private mutating func followRate(_ share: Double?, _ now: Timestamp) {
        let allowed = policy.requestsPerSecond * (share ?? 1)
        let next = min(allowed, rate.value ?? allowed)
        var burst = rate.value == nil ? max(1, Double(policy.burst) * (share ?? 1)) : Double(batch)
        if share != nil, breaker.state != .closed { burst = 1 }
        if next != bucket.rate || burst != bucket.burst { bucket.configure(rate: next, burst: burst, now: now) }
    }

    /// Records that `count` calls start now.
    ///
    /// If `isRefresh` is false, the calls are not to the API's `refresh` and say nothing about it.
    package mutating func begin(_ count: Int, isRefresh: Bool = true, now: Timestamp) -> Ticket {
        inFlight += count
        bucket.take(count, now: now)
        return Ticket(
            round: breaker.began(count), generation: limit.generation, pauses: throttling.count,
            number: isRefresh ? rate.began(count, now: now) : 0)
    }

    /// Returns the permits of `count` calls that were begun but not made.
    package mutating func cancel(_ ticket: Ticket, count: Int) {
        inFlight -= count
        bucket.giveBack(count)
        if ticket.number > 0 { rate.cancelled(count, of: ticket.number) }
        if let round = ticket.round { breaker.cancelled(count, ofRound: round) }
    }

    /// Records the end of a call that says nothing about the API; its token in the bucket stays spent.
    package mutating func finish(_ ticket: Ticket) {
        inFlight -= 1
        if ticket.number > 0 { rate.failed(number: ticket.number) }
        if let round = ticket.round { breaker.cancelled(1, ofRound: round) }
    }

    /// Records a call that ended; returns its outcome for the user, which differs if all users are refused.
    package mutating func end(
        _ ticket: Ticket, _ call: EndedCall, now: Timestamp, using random: inout some RandomNumberGenerator
    ) -> (outcome: Outcome, changes: [Event]) {
        let isNews =
            call.lostConnection.map {
                lostConnections.isNews($0, ofCall: ticket.number, latestCall: rate.calls.latest, now: now)
            } ?? true
        guard isNews || call.outcome != .unknown(.connectionLost) else {
            finish(ticket)
            return (call.outcome, [])
        }
        var changes: [Event] = []
        if let pause = judgeRate(ticket, call, now: now, using: &random) {
            changes.append(.fleetThrottled(pause))
            limit.fleetThrottled(inFlight: inFlight)
        } else if let signal = signal(of: call) {
            if case .worked = signal { throttling.worked(count: ticket.pauses) }
            limit.ended(signal, generation: ticket.generation, inFlight: inFlight)
        }
        inFlight -= 1
        if case .refused = call.outcome { passing.wasRefused(number: ticket.number, after: call.latency) }
        let ended = breaker.ended(
            call, round: ticket.round, number: ticket.number, now: now,
            havePassed: { [passing, calls = rate.calls] in passing.havePassed(after: $0, of: calls, now: now) },
            using: &random)
        switch ended.change {
        case .closed: beginSlowly(now: now)
        // Refusals by a failing API say nothing about the rate.
        case .opened: rate.takeBack(now: now)
        case .probing, nil: break
        }
        if let change = ended.change { changes.append(.breaker(change)) }
        return (ended.outcome, changes)
    }

    /// Updates the learned rate with the call; returns the pause of all calls that begins with it, if any.
    private mutating func judgeRate(
        _ ticket: Ticket, _ call: EndedCall, now: Timestamp, using random: inout some RandomNumberGenerator
    ) -> Throttling.Pause? {
        switch call.outcome {
        case .throttled(let retryAfter):
            // A user that is throttled repeatedly has a limit of its own.
            let isAnew = throttling.policy.scope == .fleet || call.lastOutcome != .throttled
            throttling.forget { rate.havePassed(after: $0, now: now) }
            if let users = throttling.usersOfFleet {
                // If no call passes, the rate is not the cause.
                let teaches = isAnew && !throttling.isSuspicious
                rate.wasRefused(call, number: ticket.number, users: users, isAnew: teaches, now: now)
            }
            let pause = throttling.throttled(
                call.user, retryAfter: retryAfter, number: ticket.number, isAnew: isAnew, now: now, using: &random)
            if let pause { rate.wasUsedUp(isAsked: pause.wasAsked, now: now) }
            return pause
        case .unavailable(.status(503, _)):
            // Some servers answer 503 to too many calls. Whether the API is down is for the breaker to find out.
            if let users = throttling.usersOfFleet {
                let isAnew = call.lastOutcome != .unavailable
                rate.wasRefused(call, number: ticket.number, users: users, isAnew: isAnew, now: now)
            }
        case .refreshed, .rejected, .unauthorized, .forbidden, .refused, .malformed:
            throttling.passed(number: ticket.number)
            rate.passed(number: ticket.number, now: now)
        case .unavailable, .unknown, .misconfigured:
            rate.failed(number: ticket.number)
        }
        return nil
    }

    /// What an outcome says about the API's load; nil for nothing.
    ///
    /// A refused token is answered before any bank is asked. Those few milliseconds say nothing about how long the work
    /// takes, and a batch of them would make all later calls look slow. The same holds for malformed answers.
    private func signal(of call: EndedCall) -> ConcurrencyLimit.Signal? {
        let latency = call.latency
        return switch call.outcome {
        case .refreshed, .rejected: .worked(latency)
        case .unauthorized, .forbidden, .refused, .malformed: .answered(latency)
        // Too many calls per second, not too many in flight: the rate learns from it.
        case .throttled: nil
        case .unknown(.crash), .unknown(.failover), .unknown(.givenUp), .misconfigured: nil
        case .unavailable, .unknown: .refused(latency)
        }
    }
}

extension Admission.Policy {
    /// One daemon's share among `members`; allows at least one call.
    fileprivate func share(among members: Int) -> Self {
        guard members > 1 else { return self }
        var share = self
        share.requestsPerSecond /= Double(members)
        share.burst = max(1, burst / members)
        share.concurrency.max = max(1, concurrency.max / members)
        share.concurrency.min = min(max(1, concurrency.min / members), share.concurrency.max)
        return share
    }
}
