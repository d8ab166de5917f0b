package import RefreshCore

/// What was called in the last day and what is planned for the next hours, by quarters of an hour.
///
/// A ring of fixed size: a quarter that comes takes the place of the oldest.
package struct DayCurve: Equatable, Sendable {
    /// A day back, the quarter that runs, and a day ahead.
    package static let back = 96
    package static let ahead = 96

    private var ring: [QuarterHour] = []

    package init() {
        ring = (0..<(Self.back + 1 + Self.ahead)).map { _ in QuarterHour(number: .min) }
    }

    package mutating func add(_ outcome: OutcomeKind, at moment: Timestamp) {
        let place = place(of: QuarterHour.number(of: moment))
        ring[place].outcomes[outcome] += 1
    }

    /// Takes up what was called before, as the store counted it.
    package mutating func add(_ tallies: [AttemptTally]) {
        for tally in tallies {
            let place = place(of: QuarterHour.number(of: tally.from))
            for (outcome, count) in tally.counts { ring[place].outcomes[outcome] += count }
        }
    }

    /// Keeps what is planned from the quarter `first` on.
    ///
    /// A quarter that has begun keeps the plan it had: part of it is done and in no plan any more.
    package mutating func plan(_ calls: [Int], from first: Int64, now: Timestamp) {
        let current = QuarterHour.number(of: now)
        for (offset, count) in calls.prefix(Self.ahead + 1).enumerated() {
            let number = first + Int64(offset)
            let place = place(of: number)
            if number > current || ring[place].planned == nil { ring[place].planned = count }
        }
    }

    /// The quarters from `back` before the one that runs to `ahead` after it, in order.
    package func quarters(now: Timestamp, back: Int = Self.back, ahead: Int = 0) -> [QuarterHour] {
        let current = QuarterHour.number(of: now)
        return (current - Int64(back)...current + Int64(ahead)).map { number in
            let kept = ring[index(of: number)]
            return kept.number == number ? kept : QuarterHour(number: number)
        }
    }

    private func index(of number: Int64) -> Int {
        Int(number - number.floorDivided(by: Int64(ring.count)) * Int64(ring.count))
    }

    private mutating func place(of number: Int64) -> Int {
        let index = index(of: number)
        if ring[index].number != number { ring[index] = QuarterHour(number: number) }
        return index
    }
}
