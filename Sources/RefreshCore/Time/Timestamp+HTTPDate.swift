extension Timestamp {
    /// The time as in the HTTP header `Date`, in GMT to the second: `Sun, 22 Nov 2026 14:05:00 GMT`.
    ///
    /// Source: RFC 9110 section 5.6.7. A year beyond 9999, which the form has no room for, is written in full.
    package var httpDate: String {
        let seconds = microsecondsSinceEpoch.floorDivided(by: 1_000_000)
        let day = seconds.floorDivided(by: 86_400)
        let (year, month, dayOfMonth) = CivilDay.date(ofDay: day)
        let secondOfDay = seconds - day * 86_400
        // 1970-01-01 was a Thursday.
        let weekday = Self.weekdays[Int(day - day.floorDivided(by: 7) * 7)]
        let time = [secondOfDay / 3_600, secondOfDay / 60 % 60, secondOfDay % 60].map { Self.padded($0, to: 2) }
        return "\(weekday), \(Self.padded(dayOfMonth, to: 2)) \(Self.months[Int(month) - 1]) "
            + "\(Self.padded(year, to: 4)) \(time.joined(separator: ":")) GMT"
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    private static func padded(_ value: Int64, to width: Int) -> String {
        let digits = String(value)
        return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
    }
}
