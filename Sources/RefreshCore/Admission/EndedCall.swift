/// A call that ended, as the fleet's limits judge it.
package struct EndedCall: Equatable, Sendable {
    package let outcome: Outcome
    package let user: Place
    /// What the user's attempt before came to; nil when there was none.
    package let lastOutcome: OutcomeKind?
    /// By the operator's wish, who may ask for the same user again and again.
    package let isByHand: Bool
    package let latency: Duration
    /// Which connection's end ended the call.
    package let lostConnection: UInt64?

    package init(
        outcome: Outcome, user: Place, lastOutcome: OutcomeKind? = nil, isByHand: Bool = false,
        latency: Duration = .zero, lostConnection: UInt64? = nil
    ) {
        self.outcome = outcome
        self.user = user
        self.lastOutcome = lastOutcome
        self.isByHand = isByHand
        self.latency = latency
        self.lostConnection = lostConnection
    }
}
