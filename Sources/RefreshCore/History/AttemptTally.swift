/// How many attempts of all users began in five minutes, by outcome.
package struct AttemptTally: Equatable, Sendable {
    package static let width = Duration.minutes(5)
    private static let widthMicroseconds: Int64 = 300_000_000
    /// Older tallies are dropped.
    package static let memory = Duration.days(8)

    /// A whole multiple of `width` since 1970.
    package let from: Timestamp
    package var counts: [OutcomeKind: Int]

    package init(from: Timestamp, counts: [OutcomeKind: Int]) {
        self.from = from
        self.counts = counts
    }

    /// The number of the five-minute bucket of a time, counted from 1970.
    package static func bucket(of moment: Timestamp) -> Int64 {
        moment.microsecondsSinceEpoch.floorDivided(by: widthMicroseconds)
    }

    package static func start(ofBucket number: Int64) -> Timestamp {
        Timestamp(microsecondsSinceEpoch: number.saturatingMultiplied(by: widthMicroseconds))
    }
}

extension [AttemptTally] {
    /// All of them added up.
    package var counts: [OutcomeKind: Int] {
        reduce(into: [:]) { sum, tally in sum.merge(tally.counts, uniquingKeysWith: +) }
    }
}
