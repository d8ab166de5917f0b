/// Behaviours for consecutive calls; the last one applies to all further calls.
package struct Script: Equatable, Sendable {
    private let steps: [Behaviour]
    private let last: Behaviour
    private var position = 0

    package init(_ first: Behaviour, _ rest: Behaviour...) {
        steps = [first] + rest
        last = rest.last ?? first
    }

    /// Nil if there are no steps.
    package init?(_ steps: [Behaviour]) {
        guard let last = steps.last else { return nil }
        self.steps = steps
        self.last = last
    }

    /// Parses behaviours separated by commas: `failure,failure,success`.
    package init(text: some StringProtocol) throws(BehaviourProblem) {
        var steps: [Behaviour] = []
        for step in text.split(separator: ",", omittingEmptySubsequences: false) {
            steps.append(try Behaviour(text: step))
        }
        guard let script = Script(steps) else { throw BehaviourProblem(text: String(text)) }
        self = script
    }

    mutating func next() -> Behaviour {
        guard position < steps.count else { return last }
        defer { position += 1 }
        return steps[position]
    }
}
