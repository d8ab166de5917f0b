package import RefreshCore

/// Fifteen minutes of the calendar: the calls made in them, and the calls planned.
package struct QuarterHour: Equatable, Sendable {
    package static let length = Duration.minutes(15)
    private static let microseconds: Int64 = 900_000_000

    /// Counted from 1970, in UTC.
    package let number: Int64
    package var outcomes: [OutcomeKind: Int] = [:]
    /// Calls that fell due by plan; nil if there was no plan.
    package var planned: Int?

    package var start: Timestamp {
        Timestamp(microsecondsSinceEpoch: number.saturatingMultiplied(by: Self.microseconds))
    }

    package var called: Int { outcomes.values.reduce(0, +) }
    package var refreshed: Int { outcomes[.refreshed] ?? 0 }

    /// The quarters from a day back to `ahead` after the current one, in order.
    ///
    /// They hold the calls as the store counted them, by when they began, and the plan.
    package static func quarters(
        of tallies: [AttemptTally], against plan: PlannedCalls, now: Timestamp, ahead: Int64 = 0
    ) -> [QuarterHour] {
        let counts = Dictionary(grouping: tallies) { number(of: $0.from) }.mapValues(\.counts)
        let current = number(of: now)
        return (current - PlannedCalls.back...current + ahead).map { number in
            var quarter = QuarterHour(number: number)
            quarter.outcomes = counts[number] ?? [:]
            quarter.planned = plan[number]
            return quarter
        }
    }

    package static func number(of moment: Timestamp) -> Int64 {
        moment.microsecondsSinceEpoch.floorDivided(by: microseconds)
    }

    /// Sums counts per minute, starting with the minute of `from`, by quarter of an hour.
    ///
    /// Rows are added together; a quarter that they do not reach the end of is left out.
    package static func sums(ofMinutes rows: [[Int]], from: Timestamp) -> [Int] {
        let first = from.microsecondsSinceEpoch.floorDivided(by: 60_000_000)
        let count = rows.map(\.count).max() ?? 0
        let offset = Int(first - number(of: from) * 15)
        var sums = Array(repeating: 0, count: (offset + count) / 15 + 1)
        for row in rows {
            for (minute, calls) in row.enumerated() { sums[(offset + minute) / 15] += calls }
        }
        return Array(sums.prefix((offset + count) / 15))
    }
}
