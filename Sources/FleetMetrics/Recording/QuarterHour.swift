package import RefreshCore

/// Fifteen minutes of the calendar: what was called in them, and what was to be.
package struct QuarterHour: Equatable, Sendable {
    package static let length = Duration.minutes(15)
    private static let microseconds: Int64 = 900_000_000

    /// Counted from 1970 on, UTC.
    package let number: Int64
    package var outcomes = OutcomeCounts()
    /// Calls that fell due by plan; nil where nobody planned.
    package var planned: Int?

    package var start: Timestamp {
        Timestamp(microsecondsSinceEpoch: number.saturatingMultiplied(by: Self.microseconds))
    }

    package init(number: Int64) {
        self.number = number
    }

    package static func number(of moment: Timestamp) -> Int64 {
        moment.microsecondsSinceEpoch.floorDivided(by: microseconds)
    }
}
