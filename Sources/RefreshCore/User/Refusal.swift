/// A run of refusals: Tight answered a user's calls with the same status in consecutive intervals.
///
/// Any other answer of Tight's ends it; a call without an answer does not.
package struct Refusal: Equatable, Sendable {
    /// After this many intervals in a row, no other answer is expected.
    package static let mostTurns = 3

    package let status: Int
    /// Intervals of the schedule in which a call was refused; 1 or more.
    package let turns: Int
    /// When the last counted interval ends: an earlier refusal belongs to the same interval.
    package var turnEnds: Timestamp

    package init(status: Int, turns: Int = 1, turnEnds: Timestamp) {
        self.status = status
        self.turns = turns
        self.turnEnds = turnEnds
    }

    package var isConclusive: Bool { turns >= Self.mostTurns }

    /// The run after a refusal at `now`, in an interval that ends at `turnEnds`.
    static func next(
        after run: Refusal?, status: Int, now: Timestamp, turnEnds: Timestamp
    ) -> Refusal {
        guard let run, run.status == status else { return Refusal(status: status, turnEnds: turnEnds) }
        guard now >= run.turnEnds else { return run }
        return Refusal(status: status, turns: run.turns == .max ? .max : run.turns + 1, turnEnds: turnEnds)
    }
}
