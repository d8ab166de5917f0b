/// Behaviours for consecutive calls; the last one applies to all further calls.
package struct Script: Equatable, Sendable {
    /// Those that are left; never empty.
    private var steps: [Behaviour]

    package init(_ first: Behaviour, _ rest: Behaviour...) {
        steps = [first] + rest
    }

    /// Nil if there are no steps.
    package init?(_ steps: [Behaviour]) {
        guard !steps.isEmpty else { return nil }
        self.steps = steps
    }

    /// Parses behaviours separated by commas: `failure,failure,success`.
    package init(text: some StringProtocol) throws(BehaviourProblem) {
        steps = try text.split(separator: ",", omittingEmptySubsequences: false)
            .map { step throws(BehaviourProblem) in try Behaviour(text: step) }
    }

    mutating func next() -> Behaviour {
        steps.count > 1 ? steps.removeFirst() : steps[0]
    }
}
