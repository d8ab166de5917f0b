import Glibc
import RefreshCore

/// How long the sandbox takes for an answer.
package enum Latency: Equatable, Sendable {
    case none
    case fixed(Duration)
    /// Log-uniform: as many answers between 20 and 40 ms as between 1 and 2 s. Bounds above zero, in order.
    case between(Duration, Duration)

    /// Reads `50ms` or `20ms..2s`; nil for anything else.
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

    /// The delay for a draw, 0 up to but not including 1.
    func delay(for draw: Double) -> Duration {
        switch self {
        case .none: .zero
        case .fixed(let delay): delay
        case .between(let least, let most):
            .microseconds(Int64(Double(least.wholeMicroseconds) * pow(most / least, draw)))
        }
    }
}
