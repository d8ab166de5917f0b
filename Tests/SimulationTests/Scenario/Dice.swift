import RefreshCore

/// Draws from a seed.
struct Dice: Sendable {
    var random: SplitMix64

    init(seed: UInt64) { random = SplitMix64(seed: seed) }

    mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }

    /// True this many times in a hundred.
    mutating func chance(_ percent: Int) -> Bool { number(0...99) < percent }

    mutating func span(_ range: ClosedRange<Duration>) -> Duration {
        .microseconds(
            Int64.random(in: range.lowerBound.wholeMicroseconds...range.upperBound.wholeMicroseconds, using: &random))
    }

    /// As `span`, small ones as likely as large ones.
    mutating func spanOfAnySize(_ range: ClosedRange<Duration>) -> Duration {
        var bound = range.lowerBound
        var bounds = [bound]
        while bound < range.upperBound {
            bound = min(range.upperBound, bound * 3)
            bounds.append(bound)
        }
        let top = pick(bounds)
        return span(range.lowerBound...top)
    }
}
