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

    /// Lets renewals be tried again at once, a few at first.
    package mutating func endPause(now: Timestamp) -> Breaker.Change? { breaker.endPause(now) }

    /// A ticket for one renewal; nil while renewals are suspended.
    package mutating func begin(now: Timestamp) -> (ticket: Ticket?, change: Breaker.Change?) {
        let (probes, change) = breaker.permits(now)
        if let probes, probes <= 0 { return (nil, change) }
        breaker.began(1)
        return (Ticket(isProbe: probes != nil, round: breaker.round), change)
    }

    /// Takes note of a renewal that ended; asked to wait, renewals wait for everybody.
    package mutating func end(
        _ ticket: Ticket, with answer: RenewalAnswer, now: Timestamp, using random: inout some RandomNumberGenerator
    ) -> Breaker.Change? {
        let outcome: Outcome =
            switch answer {
            case .renewed: .refreshed
            case .refused: .unauthorized
            case .failed(.throttled): .unavailable(.status(429))
            case .failed(let outcome): outcome
            }
        return breaker.ended(
            outcome, probe: ticket.isProbe && ticket.round == breaker.round, now: now, using: &random)
    }
}
