import RefreshCore

extension Admission {
    /// Takes note of a call of which only the outcome, the user and the latency matter.
    mutating func end(
        _ ticket: Ticket, outcome: Outcome, of user: Place, latency: Duration, now: Timestamp,
        using random: inout SplitMix64
    ) -> [Event] {
        end(ticket, EndedCall(outcome: outcome, user: user, latency: latency), now: now, using: &random).changes
    }
}

extension Breaker {
    private static let somebody = Place(of: Arbitrary.id, seed: 0)

    /// Takes note of a call of which only the outcome matters, `probe` being whether it began as one of this round.
    mutating func ended(
        _ outcome: Outcome, probe: Bool, now: Timestamp, using random: inout SplitMix64
    ) -> Change? {
        ended(EndedCall(outcome: outcome, user: Self.somebody), round: probe ? round : nil, now: now, using: &random)
            .change
    }
}
