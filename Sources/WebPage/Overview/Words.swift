import RefreshCore

/// Numbers and moments as people read them.
enum Words {
    /// `1,234,567`.
    static func grouped(_ number: Int) -> String {
        var digits = String(abs(number))
        var position = digits.count - 3
        while position > 0 {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: position))
            position -= 3
        }
        return (number < 0 ? "-" : "") + digits
    }

    /// `1 user`, `1,204 users`.
    static func counted(_ count: Int, _ noun: String, _ plural: String? = nil) -> String {
        "\(grouped(count)) \(count == 1 ? noun : plural ?? noun + "s")"
    }

    /// Tells all from nearly all: `100 %` and `0 %` are never rounded to.
    static func percent(_ part: Int, of whole: Int) -> String {
        guard whole > 0, part > 0 else { return "0 %" }
        guard part < whole else { return "100 %" }
        let share = Double(part) * 100 / Double(whole)
        if share < 0.1 { return "< 0.1 %" }
        if share > 99.9 { return "> 99.9 %" }
        let tenths = Int((share * 10).rounded())
        return share < 10 || share > 99 ? "\(tenths / 10).\(tenths % 10) %" : "\(Int(share.rounded())) %"
    }

    /// `14:05`, in UTC.
    static func clock(_ moment: Timestamp) -> String {
        let minute = (moment.microsecondsSinceEpoch.floorDivided(by: 60_000_000) % 1_440 + 1_440) % 1_440
        return "\(padded(minute / 60)):\(padded(minute % 60))"
    }

    /// `14:05 UTC`, with its day where that is not today's.
    static func moment(_ moment: Timestamp, now: Timestamp) -> String {
        guard moment.day != now.day else { return "\(clock(moment)) UTC" }
        let (year, month, day) = CivilDay.date(ofDay: moment.day)
        return "\(year)-\(padded(month))-\(padded(day)) \(clock(moment)) UTC"
    }

    /// `250 ms`, `2.5 s`, `3 min`: a bound is told as it is.
    static func bound(_ span: Duration) -> String {
        let microseconds = span.wholeMicroseconds
        guard microseconds >= 1_000_000, microseconds % 1_000_000 > 0 else { return span.roundedText }
        return "\(HTML.number(Double(microseconds) / 1_000_000)) s"
    }

    /// The larger unit alone: for spans that grow while one reads.
    static func span(_ span: Duration) -> String {
        let text = span.roundedText.split(separator: " ")
        return text.prefix(span >= .hours(1) ? 4 : 2).joined(separator: " ")
    }

    private static func padded(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
