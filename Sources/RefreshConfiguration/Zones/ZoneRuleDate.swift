import RefreshCore

/// When in a year the clock is set: `M10.5.0/3`, `J60`, `59/-1`.
struct ZoneRuleDate: Equatable {
    private enum Day: Equatable {
        /// The `week`-th (5: the last) of a weekday, 0 being Sunday, in a month.
        case weekday(month: Int64, week: Int64, weekday: Int64)
        /// 1 to 365; 29 February is never counted.
        case julian(Int64)
        /// 0 to 365; 29 February is counted.
        case ordinal(Int64)
    }

    private let day: Day
    /// Since midnight by the clock as it stood until then; may lie in another day.
    private let seconds: Int64

    init?(_ scanner: inout ZoneRuleScanner) {
        if scanner.skip("M") {
            guard let month = scanner.number(1...12), scanner.skip("."), let week = scanner.number(1...5),
                scanner.skip("."), let weekday = scanner.number(0...6)
            else { return nil }
            day = .weekday(month: month, week: week, weekday: weekday)
        } else if scanner.skip("J") {
            guard let number = scanner.number(1...365) else { return nil }
            day = .julian(number)
        } else {
            guard let number = scanner.number(0...365) else { return nil }
            day = .ordinal(number)
        }
        if scanner.skip("/") {
            guard let time = scanner.time(hours: 167) else { return nil }
            seconds = time
        } else {
            seconds = 7_200
        }
    }

    /// The moment in a year, as a local time in seconds since 1970-01-01.
    func local(in year: Int64) -> Int64 {
        epochDay(in: year) * 86_400 + seconds
    }

    private func epochDay(in year: Int64) -> Int64 {
        let newYear = CivilDay.day(year: year, month: 1, dayOfMonth: 1)
        switch day {
        case .ordinal(let number): return newYear + number
        case .julian(let number):
            return newYear + number - 1 + (number >= 60 ? CivilDay.days(inMonth: 2, of: year) - 28 : 0)
        case .weekday(let month, let week, let weekday):
            let first = CivilDay.day(year: year, month: month, dayOfMonth: 1)
            // 1970-01-01 was a Thursday.
            let firstWeekday = ((first + 4) % 7 + 7) % 7
            let dayOfMonth = (weekday - firstWeekday + 7) % 7 + 7 * (week - 1)
            return first + (dayOfMonth < CivilDay.days(inMonth: month, of: year) ? dayOfMonth : dayOfMonth - 7)
        }
    }
}
