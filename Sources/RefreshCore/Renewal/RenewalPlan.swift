/// When a token is renewed.
package enum RenewalPlan {
    /// Between 75 and 85 % of the token's life, by the user's place: 80 % on average, and not all at once.
    ///
    /// Without a time of issue, it is the expiry. Nil if the expiry is unknown: the token is then renewed after it is
    /// refused.
    package static func moment(for place: Place, issuedAt: Timestamp?, expiresAt: Timestamp?) -> Timestamp? {
        guard let issuedAt, let expiresAt, issuedAt < expiresAt else { return expiresAt }
        let life = issuedAt.duration(to: expiresAt)
        return issuedAt.advanced(by: life / 4 * 3 + place.offset(in: life / 10))
    }

    /// The user with a token of that lifetime: its renewal is planned, with no failed tries.
    package static func planned(_ user: User, issuedAt: Timestamp?, expiresAt: Timestamp?) -> User {
        var next = user
        next.tokenExpiresAt = expiresAt
        next.renewal = User.Renewal(
            due: moment(for: user.place, issuedAt: issuedAt, expiresAt: expiresAt), issuedAt: issuedAt)
        return next
    }

    /// Whether a call begins with a renewal: it is due, or the token has expired.
    package static func isWanted(beforeCallOf user: User, now: Timestamp) -> Bool {
        isExpired(user, now: now) || user.renewal.due.map { $0 <= now } ?? false
    }

    package static func isExpired(_ user: User, now: Timestamp) -> Bool {
        user.tokenExpiresAt.map { $0 <= now } ?? false
    }

    /// The plan of a renewal that makes no sense yet; nil for a renewal to make now.
    ///
    /// A token that would expire again before its next call is renewed at that call, and a parked user's token is not
    /// renewed until the user is released.
    package static func postponement(of user: User, now: Timestamp) -> User.Renewal? {
        if case .parked = user.state { return afterRefusal(of: user) }
        var renewal = user.renewal
        guard let issuedAt = renewal.issuedAt, let expiresAt = user.tokenExpiresAt, let due = user.state.due,
            now.advanced(by: issuedAt.duration(to: expiresAt)) <= due
        else { return nil }
        renewal.due = due
        return renewal
    }

    /// The plan after a temporary failure: the next try follows the outage backoff, or the requested wait.
    ///
    /// A refused renewal waits as a refused call does: by the failure backoff, or its first delay if the status means
    /// "later".
    package static func afterFailure(
        _ outcome: Outcome, of user: User, now: Timestamp, policy: UserPolicy,
        using random: inout some RandomNumberGenerator
    ) -> User.Renewal {
        var renewal = user.renewal
        renewal.failures = renewal.failures == .max ? .max : renewal.failures + 1
        var wait = policy.outageBackoff.delay(renewal.failures)
        switch outcome {
        case .refused(let status) where Outcome.isForLater(refusedWith: status): wait = policy.failureBackoff.delay(1)
        case .refused: wait = policy.failureBackoff.delay(renewal.failures)
        case .throttled(let asked?), .unavailable(.status(_, let asked?)):
            wait = max(wait, min(asked, policy.longestRetryAfter))
            // The whole wait, because Tight asked for it.
            let spread = Int64.random(in: 0...max(1, wait.wholeMicroseconds / 10), using: &random)
            renewal.due = now.advanced(by: wait + .microseconds(spread))
            return renewal
        default: break
        }
        // Within its upper half: users are spread, and no try is immediate.
        let half = wait / 2
        let spread = Int64.random(in: 0...max(1, half.wholeMicroseconds), using: &random)
        renewal.due = now.advanced(by: half + .microseconds(spread))
        return renewal
    }

    /// The plan after Tight refused every grant: no further try until the token itself is refused.
    package static func afterRefusal(of user: User) -> User.Renewal {
        var renewal = user.renewal
        renewal.due = nil
        return renewal
    }
}

extension TokenPair {
    /// The pair with its life counted from `asked`, if the stated time of issue is more than a tenth of the life off.
    ///
    /// That time is on another clock. If that clock is hours behind, a new token would be due for renewal at once, each
    /// time.
    package func plausible(asked: Timestamp) -> TokenPair {
        guard let expiresAt else { return self }
        let life = issuedAt.duration(to: expiresAt)
        let delay = asked.duration(to: issuedAt)
        guard delay > life / 10 || delay < .zero - life / 10 else { return self }
        return TokenPair(access: access, refresh: refresh, issuedAt: asked, expiresAt: asked.advanced(by: life))
    }
}

/// Decides whether a renewal may be tried, with a breaker of its own: Tight may refresh while it does not renew.
package struct RenewalAdmission: Sendable {
    /// One admitted renewal; passed back when it ends.
    package struct Ticket: Equatable, Sendable {
        /// The breaker's round in which it probes; nil if it is no probe.
        let round: Int?
    }

    package var breaker: Breaker

    package init(policy: Breaker.Policy) {
        breaker = Breaker(policy: policy)
    }

    /// A ticket for one renewal; nil while renewals are suspended.
    package mutating func begin(now: Timestamp) -> (ticket: Ticket?, change: Breaker.Change?) {
        let (probes, change) = breaker.permits(now)
        if let probes, probes <= 0 { return (nil, change) }
        return (Ticket(round: breaker.began(1)), change)
    }

    /// Records that an admitted renewal was not made.
    package mutating func cancel(_ ticket: Ticket) {
        if let round = ticket.round { breaker.cancelled(1, ofRound: round) }
    }

    /// Records a renewal that ended; if it was asked to wait, all renewals wait.
    ///
    /// Returns the outcome for the user at `place`: if Tight refuses all users, the client credentials or the address
    /// are wrong.
    package mutating func end(
        _ ticket: Ticket, with answer: RenewalAnswer, for place: Place, isByHand: Bool = false, now: Timestamp,
        using random: inout some RandomNumberGenerator
    ) -> (answer: RenewalAnswer, change: Breaker.Change?) {
        let outcome: Outcome =
            switch answer {
            case .renewed: .refreshed
            case .refused: .unauthorized
            case .failed(.throttled): .unavailable(.status(429))
            case .failed(let outcome): outcome
            }
        let ended = breaker.ended(
            EndedCall(outcome: outcome, user: place, isByHand: isByHand), round: ticket.round, now: now, using: &random)
        if case .misconfigured(.status(let status)) = ended.outcome {
            return (.failed(.misconfigured(.renewalRefused(status: status))), ended.change)
        }
        return (answer, ended.change)
    }
}
