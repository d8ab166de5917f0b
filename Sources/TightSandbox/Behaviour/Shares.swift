/// Which part of all calls gets which behaviour; what is left over succeeds.
package struct Shares: Equatable, Sendable {
    private var parts: [(behaviour: Behaviour, upTo: Double)] = []

    /// All calls succeed.
    package init() {}

    /// Each share lies between 0 and 1; together they are at most 1.
    package init(_ shares: [(behaviour: Behaviour, share: Double)]) throws(SharesProblem) {
        var total = 0.0
        for (behaviour, share) in shares {
            guard share >= 0, share <= 1 else { throw .outOfRange("\(behaviour.name)=\(share)") }
            total += share
            parts.append((behaviour, total))
        }
        // A little more than 1, so that ten times 0.1 is not refused for the rounding.
        guard total <= 1.000_000_1 else { throw .tooMuch(total) }
    }

    /// Reads texts such as `failure=0.1` and `status:503=0.02`.
    package init(texts: [String]) throws(SharesProblem) {
        var shares: [(behaviour: Behaviour, share: Double)] = []
        for text in texts {
            guard let equals = text.lastIndex(of: "="), let share = Double(text[text.index(after: equals)...])
            else {
                throw .form(text)
            }
            do {
                shares.append((try Behaviour(text: text[..<equals]), share))
            } catch {
                throw .behaviour(error)
            }
        }
        try self.init(shares)
    }

    /// The behaviour for a draw, 0 up to but not including 1.
    func behaviour(for draw: Double) -> Behaviour {
        parts.first { draw < $0.upTo }?.behaviour ?? .success
    }

    package static func == (lhs: Shares, rhs: Shares) -> Bool {
        lhs.parts.elementsEqual(rhs.parts) { $0.behaviour == $1.behaviour && $0.upTo == $1.upTo }
    }
}

/// Why shares cannot be used.
package enum SharesProblem: Error, Equatable, CustomStringConvertible {
    case form(String)
    case behaviour(BehaviourProblem)
    case outOfRange(String)
    case tooMuch(Double)

    package var description: String {
        switch self {
        case .form(let text): "“\(text)” is no share; write BEHAVIOUR=SHARE, failure=0.1 say"
        case .behaviour(let problem): problem.description
        case .outOfRange(let text): "the share \(text) is not between 0 and 1"
        case .tooMuch(let total): "the shares add up to \(total), which is more than 1"
        }
    }
}
