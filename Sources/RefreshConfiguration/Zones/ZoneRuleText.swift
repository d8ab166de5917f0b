import RefreshCore

/// A zone's rule for all future years, such as `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2024, "Environment Variables", `TZ`, with the hours of RFC 9636 section 3.3.1.
struct ZoneRuleText: Equatable {
    private struct Season: Equatable {
        let offset: Int64
        let start: ZoneRuleDate
        let end: ZoneRuleDate
    }

    private let standard: Int64
    /// Nil if the offset never changes.
    private let daylight: Season?

    /// Nil if the text is not such a rule.
    init?(_ text: String) {
        var scanner = ZoneRuleScanner(text)
        guard scanner.skipName(), let west = scanner.time(hours: 24) else { return nil }
        standard = -west
        guard !scanner.isAtEnd else {
            daylight = nil
            return
        }
        guard scanner.skipName() else { return nil }
        var offset = standard + 3_600
        if !scanner.isAt(",") {
            guard let west = scanner.time(hours: 24) else { return nil }
            offset = -west
        }
        guard scanner.skip(","), let start = ZoneRuleDate(&scanner), scanner.skip(","),
            let end = ZoneRuleDate(&scanner), scanner.isAtEnd
        else { return nil }
        daylight = Season(offset: offset, start: start, end: end)
    }

    /// Each change of the offset in these years, in order; of changes that coincide, only the last.
    func transitions(years: ClosedRange<Int64>) -> [ZoneRules.Transition] {
        guard let daylight else {
            let moment = CivilDay.day(year: years.lowerBound, month: 1, dayOfMonth: 1) * 86_400
            return [ZoneRules.Transition(secondsSinceEpoch: moment, offset: standard)]
        }
        var transitions: [ZoneRules.Transition] = []
        for year in years {
            let changes = [
                ZoneRules.Transition(
                    secondsSinceEpoch: daylight.start.local(in: year) - standard, offset: daylight.offset),
                ZoneRules.Transition(
                    secondsSinceEpoch: daylight.end.local(in: year) - daylight.offset, offset: standard),
            ]
            for change in changes.sorted(by: { $0.secondsSinceEpoch < $1.secondsSinceEpoch }) {
                if let last = transitions.last, last.secondsSinceEpoch >= change.secondsSinceEpoch {
                    transitions.removeLast()
                }
                transitions.append(change)
            }
        }
        return transitions
    }
}

/// When the offset changes in a year: `M10.5.0/3`, `J60`, `59/-1`.
struct ZoneRuleDate: Equatable {
    private enum Day: Equatable {
        /// The `week`-th `weekday` (0 is Sunday) of a month; week 5 means the last.
        case weekday(month: Int64, week: Int64, weekday: Int64)
        /// 1 to 365; 29 February is never counted.
        case julian(Int64)
        /// 0 to 365; 29 February is counted.
        case ordinal(Int64)
    }

    private let day: Day
    /// Seconds since midnight in the offset that holds until then; may lie on another day.
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

    /// The change in a year, as local time in seconds since 1970-01-01.
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

/// Reads the parts of a zone's rule in sequence.
struct ZoneRuleScanner {
    private var rest: Substring.UTF8View

    init(_ text: String) {
        rest = text[...].utf8
    }

    var isAtEnd: Bool { rest.isEmpty }

    func isAt(_ mark: Unicode.Scalar) -> Bool {
        rest.first == UInt8(ascii: mark)
    }

    mutating func skip(_ mark: Unicode.Scalar) -> Bool {
        guard isAt(mark) else { return false }
        rest = rest.dropFirst()
        return true
    }

    /// Skips an abbreviation such as `CET` or `<+0530>`; returns false if there is none.
    mutating func skipName() -> Bool {
        if skip("<") {
            rest = rest.drop { $0 != UInt8(ascii: ">") }
            return skip(">")
        }
        let letters = rest.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int64>) -> Int64? {
        let digits = rest.prefix { (0x30...0x39).contains($0) }
        guard (1...3).contains(digits.count) else { return nil }
        rest = rest.dropFirst(digits.count)
        let number = digits.reduce(Int64(0)) { $0 * 10 + Int64($1 - 0x30) }
        return range.contains(number) ? number : nil
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(hours: Int64) -> Int64? {
        let isNegative = skip("-")
        if !isNegative { _ = skip("+") }
        guard var seconds = number(0...hours).map({ $0 * 3_600 }) else { return nil }
        for size in [60, 1] as [Int64] where skip(":") {
            guard let part = number(0...59) else { return nil }
            seconds += part * size
        }
        return isNegative ? -seconds : seconds
    }
}
