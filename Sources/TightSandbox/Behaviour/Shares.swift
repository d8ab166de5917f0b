import Crypto
import Glibc
import RefreshCore

/// The shares of all calls that get a behaviour; the rest succeed.
package struct Shares: Sendable {
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
        // Slightly more than 1 is allowed, so that rounding does not refuse ten times 0.1.
        guard total <= 1.000_000_1 else { throw .tooMuch(total) }
    }

    /// Parses texts such as `failure=0.1` and `status:503=0.02`.
    package init(texts: [String]) throws(SharesProblem) {
        var shares: [(behaviour: Behaviour, share: Double)] = []
        for text in texts {
            guard let equals = text.lastIndex(of: "="), let share = Double(text[text.index(after: equals)...])
            else { throw .form(text) }
            do {
                shares.append((try Behaviour(text: text[..<equals]), share))
            } catch {
                throw .behaviour(error)
            }
        }
        try self.init(shares)
    }

    /// The behaviour for a random number from 0 up to but not including 1.
    func behaviour(for draw: Double) -> Behaviour {
        parts.first { draw < $0.upTo }?.behaviour ?? .success
    }
}

/// Why shares are refused.
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

/// The random numbers for a user's request; the same for the same seed, user and request in every run.
struct StableDraw {
    /// From 0 up to but not including 1; independent of each other.
    let behaviour, latency: Double

    /// What stands for a user in its draws.
    static func identity(of user: UserID, seed: UInt64) -> UInt64 {
        let digest = SHA256.hash(data: Array("\(seed) \(user.rawValue)".utf8))
        return digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }

    init(identity: UInt64, request: Int) {
        var mixed = SplitMix64(seed: identity ^ UInt64(request))
        // Seeded twice, because neighbouring seeds of this generator give shifted copies of one sequence.
        var generator = SplitMix64(seed: mixed.next())
        behaviour = Double.random(in: 0..<1, using: &generator)
        latency = Double.random(in: 0..<1, using: &generator)
    }
}

/// How long the sandbox takes to answer.
package enum Latency: Equatable, Sendable {
    case fixed(Duration)
    /// Log-uniform: as many answers between 20 and 40 ms as between 1 and 2 s; both bounds are positive and in order.
    case between(Duration, Duration)

    /// Parses `50ms` or `20ms..2s`; nil for anything else.
    package init?(text: String) {
        guard let dots = text.firstRange(of: "..") else {
            guard let delay = Duration(text: text) else { return nil }
            self = .fixed(delay)
            return
        }
        guard let least = Duration(text: text[..<dots.lowerBound]),
            let most = Duration(text: text[dots.upperBound...]),
            least > .zero, least <= most
        else { return nil }
        self = .between(least, most)
    }

    /// The delay for a random number from 0 up to but not including 1.
    func delay(for draw: Double) -> Duration {
        switch self {
        case .fixed(let delay): delay
        case .between(let least, let most):
            .microseconds(Int64(Double(least.wholeMicroseconds) * pow(most / least, draw)))
        }
    }
}
