import RefreshCore

/// Reads how long the server asks to wait.
///
/// Source: RFC 9110 section 10.2.3. It also accepts some unambiguous forms that are seen in the wild: quotation marks
/// around the value, a decimal fraction, and several values joined with commas (RFC 9110 section 5.3).
enum RetryAfter {
    /// The longest wait that is returned; a longer one is cut to this, and further by the settings.
    static let longest = Duration.days(3_653)

    /// The longest wait that a legal value asks for; nil if there is none or it has already passed.
    ///
    /// The longest of several values counts: each comes from a server on the path, and only the longest wait respects
    /// them all. A wait of zero is also nil: the client's own backoff applies, so that there is always a pause. A date
    /// is relative to the answer's own `Date`, so that the clocks need not agree; without one, it is relative to `now`.
    static func wait(in values: [String], date: String?, now: Timestamp) -> Duration? {
        var longest: Duration?
        for value in values {
            guard let wait = wait(in: unquoted(value), date: date, now: now) else { continue }
            longest = max(wait, longest ?? wait)
        }
        return longest.flatMap { $0 > .zero ? $0 : nil }
    }

    /// Nil unless every part of the value is legal.
    private static func wait(in value: Substring, date: String?, now: Timestamp) -> Duration? {
        let waits = parts(of: value).map { single($0, date: date, now: now) }
        return waits.contains(nil) ? nil : waits.compactMap(\.self).max()
    }

    /// The values that commas join; the comma after the name of a day is part of its date.
    private static func parts(of value: Substring) -> [Substring] {
        var parts: [Substring] = []
        var begin = value.startIndex
        var index = begin
        while let comma = value[index...].firstIndex(of: ",") {
            index = value.index(after: comma)
            let part = trimmed(value[begin..<comma])
            if HTTPDate.days.contains(String(part)) || HTTPDate.longDays.contains(String(part)) { continue }
            parts.append(part)
            begin = index
        }
        return parts + [trimmed(value[begin...])]
    }

    private static func single(_ value: Substring, date: String?, now: Timestamp) -> Duration? {
        if let wait = seconds(value) { return wait }
        guard let moment = HTTPDate.moment(in: value, now: now) else { return nil }
        let sent = date.flatMap { HTTPDate.moment(in: trimmed($0[...]), now: now) }
        return min((sent ?? now).duration(to: moment), longest)
    }

    /// Digits, optionally followed by a point and more digits; a fraction is rounded up to a whole second.
    private static func seconds(_ value: Substring) -> Duration? {
        let numbers = value.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard numbers.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isASCIIDigit) }) else { return nil }
        // A number that is too large for any type is still a long wait.
        let whole = min(.seconds(Int64(numbers[0]) ?? .max), longest)
        let hasFraction = numbers.count > 1 && numbers[1].contains { $0 != "0" }
        return min(hasFraction ? whole + .seconds(1) : whole, longest)
    }

    private static func unquoted(_ value: String) -> Substring {
        let text = trimmed(value[...])
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        return trimmed(text.dropFirst().dropLast())
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}

/// Parses the three forms of an HTTP date, all of which are in UTC.
///
/// Source: RFC 9110 section 5.6.7. The day's name must be a valid one, but not necessarily the right one. Date and mail
/// libraries write `UTC`, `+0000` or `-0000` (RFC 5322 section 3.3) for `GMT`; all have the same meaning here.
enum HTTPDate {
    /// The time, or nil if the text has none of the three forms; `now` decides the century of a two-digit year.
    static func moment(in text: some StringProtocol, now: Timestamp) -> Timestamp? {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        switch parts.count {
        case 6: return fixdate(parts)
        case 4: return rfc850(parts, now: now)
        // With a day below ten, an extra space makes a sixth, empty part; see `fixdate`.
        case 5: return asctime(day: parts[2], parts[0], parts[1], parts[3], parts[4], digits: 2)
        default: return nil
        }
    }

    /// `Sun, 06 Nov 1994 08:49:37 GMT`, or asctime's form with a day below ten.
    private static func fixdate(_ parts: [some StringProtocol]) -> Timestamp? {
        if parts[2].isEmpty {
            return asctime(day: parts[3], parts[0], parts[1], parts[4], parts[5], digits: 1)
        }
        guard parts[0].hasSuffix(","), days.contains(String(parts[0].dropLast())), zones.contains(String(parts[5])),
            let day = number(parts[1], digits: 2), let year = number(parts[3], digits: 4)
        else { return nil }
        return moment(year: year, month: parts[2], day: day, time: parts[4])
    }

    /// `Sunday, 06-Nov-94 08:49:37 GMT`.
    private static func rfc850(_ parts: [some StringProtocol], now: Timestamp) -> Timestamp? {
        let date = parts[1].split(separator: "-", omittingEmptySubsequences: false)
        guard parts[0].hasSuffix(","), longDays.contains(String(parts[0].dropLast())), zones.contains(String(parts[3])),
            date.count == 3,
            let day = number(date[0], digits: 2), let shortYear = number(date[2], digits: 2)
        else { return nil }
        let thisYear = CivilDay.date(ofDay: now.day).year
        let century = thisYear - thisYear % 100
        // The last year with these digits that is not more than 50 years ahead.
        for year in [century + 100 + shortYear, century + shortYear, century - 100 + shortYear] {
            guard let moment = moment(year: year, month: date[1], day: day, time: parts[2]) else { continue }
            if moment <= fiftyYears(after: now) { return moment }
        }
        return nil
    }

    private static func fiftyYears(after now: Timestamp) -> Timestamp {
        let (year, month, day) = CivilDay.date(ofDay: now.day)
        let shifted = CivilDay.day(
            year: year + 50,
            month: month,
            dayOfMonth: min(day, CivilDay.days(inMonth: month, of: year + 50))
        )
        return .startOfDay(shifted).advanced(by: Timestamp.startOfDay(now.day).duration(to: now))
    }

    /// `Sun Nov  6 08:49:37 1994`.
    private static func asctime<Part: StringProtocol>(
        day: Part,
        _ dayName: Part,
        _ month: Part,
        _ time: Part,
        _ year: Part,
        digits: Int
    ) -> Timestamp? {
        guard days.contains(String(dayName)), let day = number(day, digits: digits),
            let year = number(year, digits: 4)
        else { return nil }
        return moment(year: year, month: month, day: day, time: time)
    }

    private static func moment(year: Int64, month: some StringProtocol, day: Int64, time: some StringProtocol)
        -> Timestamp?
    {
        let clock = time.split(separator: ":", omittingEmptySubsequences: false)
        guard let index = months.firstIndex(of: String(month)), clock.count == 3,
            (1...CivilDay.days(inMonth: Int64(index + 1), of: year)).contains(day),
            let hour = number(clock[0], digits: 2), hour < 24, let minute = number(clock[1], digits: 2),
            minute < 60,
            // A leap second is written as 60.
            let second = number(clock[2], digits: 2), second <= 60
        else { return nil }
        let days = CivilDay.day(year: year, month: Int64(index + 1), dayOfMonth: day)
        return Timestamp(secondsSinceEpoch: days * 86_400 + hour * 3_600 + minute * 60 + second)
    }

    private static func number(_ text: some StringProtocol, digits: Int) -> Int64? {
        guard text.utf8.count == digits, text.utf8.allSatisfy(\.isASCIIDigit) else { return nil }
        return Int64(text)
    }

    private static let zones: Set = ["GMT", "UTC", "+0000", "-0000"]
    static let days: Set = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
    static let longDays: Set = [
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
    ]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}
