/// A run of refusals: Tight answered a user's calls with the same status in consecutive intervals.
///
/// Any other answer from Tight ends the run; a call without an answer does not.
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

/// How many users Tight refuses: a few are a problem of those users, many a problem of Tight.
package struct RefusalCount: Equatable, Sendable {
    /// A parked user counts for this long; a user that is called counts until Tight answers otherwise.
    package static let memory = Duration.days(1)
    /// Fewer than this are never many, however few users there are.
    package static let fewestUsers = 3
    /// The share of all users above which they are many.
    package static let share = 0.01

    package let refused: Int
    package let users: Int

    package init(refused: Int, users: Int) {
        self.refused = refused
        self.users = users
    }

    /// Whether so many are refused that no user is parked: a faulty release of Tight must not park all users.
    package var areMany: Bool {
        refused >= Self.fewestUsers && Double(refused) > Self.share * Double(users)
    }

    /// The figure for the alert; its value is 0 unless many users are refused.
    package var figure: Alert.Figure {
        Alert.Figure(value: areMany ? Double(refused) / Double(max(1, users)) : 0, users: refused, total: users)
    }
}
