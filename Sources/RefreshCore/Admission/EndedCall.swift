/// A completed call, as the limits for all users judge it.
package struct EndedCall: Equatable, Sendable {
    package let outcome: Outcome
    package let user: Place
    /// The outcome of the user's previous attempt; nil if there was none.
    package let lastOutcome: OutcomeKind?
    /// A manual call: an operator may repeat it for the same user at will.
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
