/// Stops all calls while the API is down, and detects with a few probes when it is back.
///
///     closed ──failure rate or misconfigured──▶ open ──pause over──▶ probing ──all probes answered──▶ closed
///                                                ▲                      │
///                                                └──a probe failed──────┘  (the next pause is twice as long)
package struct Breaker: Sendable {
    package struct Policy: Equatable, Sendable {
        /// How far back outcomes count.
        package var window: Duration = .seconds(60)
        /// Share of failed calls in the window that opens the breaker, above 0 and up to 1.
        package var failureRate = 0.5
        /// With fewer calls than this in the window, the rate says nothing.
        ///
        /// This many failures in a row open the breaker, however far apart they are.
        package var minimumCalls = 10
        package var firstPause: Duration = .seconds(30)
        package var longestPause: Duration = .minutes(15)
        /// Calls that must be answered before all calls resume.
        package var probes = 3
        /// How many different users must be refused, with no user answered, to conclude that all users are.
        package var users = 3
        /// No call takes longer; a probe that has not ended by then never will.
        package var longestCall: Duration = .minutes(5)
    }

    package enum State: Equatable, Sendable {
        case closed
        case open(Opening)
        case probing(Opening, started: Int, answered: Int)
    }

    package struct Opening: Equatable, Sendable {
        package let cause: Cause
        package fileprivate(set) var at: Timestamp
        package let pause: Duration
        /// How many times in a row the breaker has opened.
        package let count: Int

        package var until: Timestamp { at.advanced(by: pause) }

        /// Whether refusals caused it: one answer then proves that not all users are refused.
        var isOfRefusals: Bool {
            switch cause.outcome {
            case .misconfigured(.status), .misconfigured(.renewalRefused): true
            default: false
            }
        }
    }

    package enum Cause: Equatable, Sendable {
        case failureRate(failed: Int, calls: Int, latest: Outcome)
        case misconfigured(Misconfiguration)
        case probeFailed(Outcome)
        /// Another daemon of the fleet opened the breaker, for this reason.
        case fleet(String)
    }

    /// What is reported to the operator, once per change.
    package enum Change: Equatable, Sendable {
        case opened(Opening)
        case probing(after: Opening)
        case closed(after: Opening)
    }

    package var policy: Policy
    package private(set) var state = State.closed
    /// Whether probes may begin when a pause ends; one daemon of a fleet has that right.
    package var mayProbe = true
    /// Counts the rounds of probes, to tell a slow probe of an earlier round from current ones.
    package private(set) var round = 0
    /// When the current round began; adjusted if the clock is set back.
    private var roundBegan = Timestamp.epoch
    private var window: [Slice] = []
    /// The last round before the breaker opened.
    private var roundBefore = 0
    private var evidence = RefusalEvidence()
    /// Consecutive failed calls, however far apart; a small installation never fills the window.
    private var failuresInARow = 0

    package init(policy: Policy) {
        self.policy = policy
    }

    /// Outcomes within one time slice, a twelfth of the window long.
    private struct Slice: Sendable {
        let start: Timestamp
        var calls = 0
        var failed = 0

        /// In microseconds.
        func age(at now: Timestamp) -> Int64 {
            now.microsecondsSinceEpoch.saturatingSubtracting(start.microsecondsSinceEpoch)
        }
    }

    /// How many calls may start now; nil for any number.
    ///
    /// Begins probing if the pause of an opening is over.
    package mutating func permits(_ now: Timestamp) -> (count: Int?, change: Change?) {
        switch state {
        case .closed:
            return (nil, nil)
        case .open(var opening):
            if now < opening.at {
                // The clock was set back: the pause restarts, or it could last for as long as the step.
                opening.at = now
                state = .open(opening)
            }
            guard now >= opening.until, mayProbe else { return (0, nil) }
            beginRound(after: opening, now: now)
            return (probes, .probing(after: opening))
        case .probing(let opening, let started, _):
            if now < roundBegan { roundBegan = now }
            // Probes that never end must not block the fleet forever: give them up and send others.
            guard started >= probes, now >= roundEnds else { return (max(0, probes - started), nil) }
            beginRound(after: opening, now: now)
            return (probes, nil)
        }
    }

    /// Ends a pause at once, because its cause may be fixed; probes decide.
    package mutating func endPause(_ now: Timestamp) -> Change? {
        guard case .open(let opening) = state else { return nil }
        beginRound(after: opening, now: now)
        return .probing(after: opening)
    }

    /// Opens the breaker as another daemon of the fleet did; nil if there is nothing new to report.
    package mutating func open(byFleet opening: Opening) -> Change? {
        switch state {
        case .closed: break
        case .open(let own), .probing(let own, _, _):
            guard own.until < opening.until else { return nil }
            if own.cause.isOfFleet {
                // The same outage continues and was already reported.
                state = .open(opening)
                return nil
            }
        }
        roundBefore = round
        state = .open(opening)
        return .opened(opening)
    }

    /// Closes the breaker because another daemon's probes were answered; nil if it is closed.
    package mutating func closeByFleet(now: Timestamp) -> Change? {
        guard let opening = state.opening else { return nil }
        return close(after: opening, now: now)
    }

    private mutating func beginRound(after opening: Opening, now: Timestamp) {
        round += 1
        roundBegan = now
        state = .probing(opening, started: 0, answered: 0)
    }

    private var probes: Int { max(1, policy.probes) }
    private var roundEnds: Timestamp { roundBegan.advanced(by: max(policy.longestPause, policy.longestCall)) }

    /// Whether the operator must fix something before calls are answered.
    var isMisconfigured: Bool {
        switch state.opening?.cause {
        case .misconfigured, .probeFailed(.misconfigured): true
        case .failureRate, .probeFailed, .fleet, nil: false
        }
    }

    /// When calls may start again at the latest; sooner if the probes end.
    ///
    /// Nil while closed.
    package var waitsUntil: Timestamp? {
        switch state {
        case .closed: nil
        case .open(let opening): opening.until
        case .probing: roundEnds
        }
    }

    /// Records that `count` calls begin; returns the round that they probe in, nil if they are no probes.
    @discardableResult
    package mutating func began(_ count: Int) -> Int? {
        guard case .probing(let opening, let started, let answered) = state else { return nil }
        state = .probing(opening, started: started + count, answered: answered)
        return round
    }

    /// Records that `count` calls that began as probes of `round` were not made; ignores those of an earlier round.
    package mutating func cancelled(_ count: Int, ofRound round: Int) {
        guard round == self.round, case .probing(let opening, let started, let answered) = state else { return }
        state = .probing(opening, started: max(0, started - count), answered: answered)
    }

    /// Discards earlier evidence, because the rules or the address may have changed.
    ///
    /// Calls up to `number` began before the change.
    package mutating func beginAnew(after number: Int = 0) {
        evidence.beginAnew(after: number)
    }

    /// Records a call that ended; returns its outcome for the user, which differs if all users are refused.
    ///
    /// `round` is the round of a call that began as a probe, nil for others. `havePassed` says for a call's number
    /// whether a later call has passed.
    package mutating func ended(
        _ call: EndedCall,
        round: Int?,
        number: Int = 0,
        now: Timestamp,
        havePassed: (Int) -> Bool = { _ in false },
        using random: inout some RandomNumberGenerator
    ) -> (outcome: Outcome, change: Change?) {
        let refusal = call.outcome.refusal
        switch state {
        case .closed:
            if let refusal {
                let isEverybody = evidence.refused(
                    call, number: number, policy: policy, now: now, havePassed: havePassed)
                guard isEverybody else { return (call.outcome, nil) }
                return (.misconfigured(refusal), open(.misconfigured(refusal), now: now, count: 1, using: &random))
            }
            return (call.outcome, record(call.outcome, number: number, now: now, using: &random))
        case .open(let opening), .probing(let opening, _, _):
            if opening.isOfRefusals, let change = disproof(call.outcome, of: opening, round: round, now: now) {
                return (call.outcome, change)
            }
            let isProbe = if case .probing = state { round == self.round } else { false }
            var outcome = call.outcome
            if let refusal,
                opening.isOfRefusals
                    || isProbe
                        && evidence.refused(call, number: number, policy: policy, now: now, havePassed: havePassed)
            {
                outcome = .misconfigured(refusal)
            }
            return (outcome, isProbe ? probeEnded(outcome, now: now, using: &random) : nil)
        }
    }

    /// Closes a breaker that opened for refusals, if a call that began after that was answered; nil otherwise.
    private mutating func disproof(_ outcome: Outcome, of opening: Opening, round: Int?, now: Timestamp) -> Change? {
        guard let round, round > roundBefore, Self.verdict(on: outcome) == .answer else { return nil }
        return close(after: opening, now: now)
    }

    private mutating func close(after opening: Opening, now: Timestamp) -> Change {
        state = .closed
        evidence.answered(number: nil, now: now)
        forget()
        return .closed(after: opening)
    }

    private mutating func probeEnded(
        _ outcome: Outcome, now: Timestamp, using random: inout some RandomNumberGenerator
    ) -> Change? {
        guard case .probing(let opening, let started, let answered) = state else { return nil }
        switch Self.verdict(on: outcome) {
        case .failure:
            return open(.probeFailed(outcome), now: now, count: opening.count + 1, using: &random)
        case .neutral:
            // The outcome says nothing about the API, so another call may probe instead.
            state = .probing(opening, started: max(answered, started - 1), answered: answered)
            return nil
        case .answer:
            if answered + 1 >= probes { return close(after: opening, now: now) }
            state = .probing(opening, started: max(started, answered + 1), answered: answered + 1)
            return nil
        }
    }

    private enum Verdict { case answer, failure, neutral }

    /// A refusal shows that a server answers, but not which one: a gateway without its API also refuses all users.
    private static func verdict(on outcome: Outcome) -> Verdict {
        switch outcome {
        case .refreshed, .rejected, .unauthorized, .forbidden: .answer
        case .unknown(.crash), .unknown(.failover), .unknown(.givenUp), .throttled, .refused,
            .misconfigured(.tokenDamaged):
            .neutral
        case .unavailable, .unknown, .malformed, .misconfigured: .failure
        }
    }

    private mutating func record(
        _ outcome: Outcome,
        number: Int,
        now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> Change? {
        // A key may be missing only for a few old tokens; if it is missing for all, the failure rate shows it.
        if case .misconfigured(let what) = outcome, what != .keyMissing, what != .tokenDamaged {
            return open(.misconfigured(what), now: now, count: 1, using: &random)
        }
        let verdict = Self.verdict(on: outcome)
        guard verdict != .neutral else { return nil }
        if verdict == .answer { evidence.answered(number: number, now: now) }
        let length = policy.window.wholeMicroseconds
        window.removeAll { $0.age(at: now) >= length || $0.start > now }
        if window.isEmpty || window[window.count - 1].age(at: now).saturatingMultiplied(by: 12) >= length {
            window.append(Slice(start: now))
        }
        window[window.count - 1].calls += 1
        if verdict == .failure { window[window.count - 1].failed += 1 }
        failuresInARow = verdict == .failure ? min(failuresInARow, .max - 1) + 1 : 0

        guard verdict == .failure else { return nil }
        let calls = window.reduce(0) { $0 + $1.calls }
        let failed = window.reduce(0) { $0 + $1.failed }
        if calls >= policy.minimumCalls, Double(failed) >= policy.failureRate * Double(calls) {
            let cause = Cause.failureRate(failed: failed, calls: calls, latest: outcome)
            return open(cause, now: now, count: 1, using: &random)
        }
        guard failuresInARow >= max(1, policy.minimumCalls) else { return nil }
        let cause = Cause.failureRate(failed: failuresInARow, calls: failuresInARow, latest: outcome)
        return open(cause, now: now, count: 1, using: &random)
    }

    private mutating func forget() {
        window = []
        failuresInARow = 0
    }

    private mutating func open(
        _ cause: Cause,
        now: Timestamp,
        count: Int,
        using random: inout some RandomNumberGenerator
    ) -> Change {
        if count == 1 { roundBefore = round }
        let backoff = Backoff(first: policy.firstPause, ceiling: policy.longestPause, jitter: .upperHalf)
        let opening = Opening(
            cause: cause,
            at: now,
            pause: backoff.wait(after: count, using: &random),
            count: count
        )
        state = .open(opening)
        forget()
        return .opened(opening)
    }
}

extension Outcome {
    /// The misconfiguration that a refusal is if all users get it; nil for any other outcome.
    fileprivate var refusal: Misconfiguration? {
        switch self {
        case .refused(let status): .status(status)
        default: nil
        }
    }
}
