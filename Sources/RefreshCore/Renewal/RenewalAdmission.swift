/// Decides whether a renewal may be tried now: a breaker of its own, since Tight may refresh while it does not renew.
package struct RenewalAdmission: Sendable {
    /// One renewal that was let through; handed back when it ends.
    package struct Ticket: Equatable, Sendable {
        let isProbe: Bool
        let round: Int
    }

    package private(set) var breaker: Breaker

    package init(policy: Breaker.Policy) {
        breaker = Breaker(policy: policy)
    }

    package mutating func configure(_ policy: Breaker.Policy) {
        breaker.policy = policy
    }

    /// The client's credentials or the address may have changed.
    package mutating func beginAnew() {
        breaker.beginAnew()
    }

    /// Lets renewals be tried again at once, a few at first.
    package mutating func endPause(now: Timestamp) -> Breaker.Change? { breaker.endPause(now) }

    /// A ticket for one renewal; nil while renewals are suspended.
    package mutating func begin(now: Timestamp) -> (ticket: Ticket?, change: Breaker.Change?) {
        let (probes, change) = breaker.permits(now)
        if let probes, probes <= 0 { return (nil, change) }
        breaker.began(1)
        return (Ticket(isProbe: probes != nil, round: breaker.round), change)
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
            EndedCall(outcome: outcome, user: place, isByHand: isByHand), round: ticket.isProbe ? ticket.round : nil,
            now: now, using: &random)
        if case .misconfigured(.status(let status)) = ended.outcome {
            return (.failed(.misconfigured(.renewalRefused(status: status))), ended.change)
        }
        return (answer, ended.change)
    }
}
