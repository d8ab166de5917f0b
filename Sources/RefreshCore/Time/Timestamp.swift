/// A calendar time in microseconds that can be stored and compared across restarts.
///
/// Arithmetic saturates: a time beyond the representable 290,000 years becomes the last one.
package struct Timestamp: InstantProtocol {
    package let microsecondsSinceEpoch: Int64

    package init(microsecondsSinceEpoch: Int64) {
        self.microsecondsSinceEpoch = microsecondsSinceEpoch
    }

    package init(secondsSinceEpoch: Int64) {
        self.init(microsecondsSinceEpoch: secondsSinceEpoch.saturatingMultiplied(by: 1_000_000))
    }

    package static let epoch = Timestamp(microsecondsSinceEpoch: 0)
    package static let distantFuture = Timestamp(microsecondsSinceEpoch: .max)

    /// Whole days since 1970-01-01, UTC; the day an attempt is charged to.
    package var day: Int64 {
        microsecondsSinceEpoch.floorDivided(by: 86_400_000_000)
    }

    /// Midnight, UTC, of the given day since 1970-01-01.
    package static func startOfDay(_ day: Int64) -> Timestamp {
        Timestamp(microsecondsSinceEpoch: day.saturatingMultiplied(by: 86_400_000_000))
    }

    /// Milliseconds since midnight, UTC, of a day since 1970, rounded up; a time in another day is clamped to that day.
    package func milliseconds(inDay other: Int64) -> Int64 {
        guard day == other else { return day < other ? 0 : 86_400_000 }
        return (microsecondsSinceEpoch - Timestamp.startOfDay(other).microsecondsSinceEpoch + 999) / 1_000
    }

    package func advanced(by duration: Duration) -> Timestamp {
        Timestamp(microsecondsSinceEpoch: microsecondsSinceEpoch.saturatingAdding(duration.wholeMicroseconds))
    }

    package func duration(to other: Timestamp) -> Duration {
        .microseconds(other.microsecondsSinceEpoch.saturatingSubtracting(microsecondsSinceEpoch))
    }

    package static func < (lhs: Timestamp, rhs: Timestamp) -> Bool {
        lhs.microsecondsSinceEpoch < rhs.microsecondsSinceEpoch
    }
}

extension Timestamp {
    /// The time as in the HTTP header `Date`, in GMT to the second: `Sun, 22 Nov 2026 14:05:00 GMT`.
    ///
    /// Source: RFC 9110 section 5.6.7. A year beyond 9999, for which the format has no room, is written in full.
    package var httpDate: String {
        let (year, month, dayOfMonth) = CivilDay.date(ofDay: day)
        // 1970-01-01 was a Thursday.
        let weekday = Self.weekdays[Int(day.modulo(7))]
        let time = description.suffix(9).dropLast()
        return "\(weekday), \(dayOfMonth.padded(to: 2)) \(Self.months[Int(month) - 1]) "
            + "\(year.padded(to: 4)) \(time) GMT"
    }

    private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// The time as RFC 3339 in UTC, with microseconds if it has any: `2026-11-22T14:05:00.25Z`.
    package var preciseText: String {
        var text: [UInt8] = []
        text.reserveCapacity(27)
        text.append(preciseRFC3339: self)
        return String(decoding: text, as: UTF8.self)
    }
}

extension [UInt8] {
    /// Appends the time as in `Timestamp.preciseText`.
    package mutating func append(preciseRFC3339 moment: Timestamp) {
        append(rfc3339: moment)
        var fraction = moment.microsecondsSinceEpoch.modulo(1_000_000)
        guard fraction > 0 else { return }
        // This replaces the Z.
        self[count - 1] = UInt8(ascii: ".")
        var weight: Int64 = 100_000
        while fraction > 0 {
            append(UInt8(ascii: "0") + UInt8(fraction / weight))
            fraction %= weight
            weight /= 10
        }
        append(UInt8(ascii: "Z"))
    }
}

/// RFC 3339 text, to the microsecond where the moment has any: `2026-11-22T14:05:00.25Z`.
extension Timestamp: Codable {
    private enum CodingKeys: CodingKey { case microsecondsSinceEpoch }

    /// Also reads the number that earlier versions wrote, which stores still hold.
    package init(from decoder: any Decoder) throws {
        if let text = try? decoder.singleValueContainer().decode(String.self) {
            guard let moment = Timestamp(rfc3339: text) else { throw Self.problem(at: decoder.codingPath) }
            self = moment
        } else {
            guard let container = try? decoder.container(keyedBy: CodingKeys.self),
                let microseconds = try? container.decode(Int64.self, forKey: .microsecondsSinceEpoch)
            else { throw Self.problem(at: decoder.codingPath) }
            self.init(microsecondsSinceEpoch: microseconds)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        let text = preciseText
        guard Timestamp(rfc3339: text) == self else {
            throw FieldProblem(encoder.codingPath, "the moment lies outside the years 0 to 9999")
        }
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }

    private static func problem(at path: [any CodingKey]) -> FieldProblem {
        FieldProblem(path, "not a moment such as 2026-11-22T14:05:00Z")
    }
}

extension Int64 {
    package func saturatingAdding(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other < 0 ? .min : .max) : sum
    }

    package func saturatingSubtracting(_ other: Int64) -> Int64 {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other < 0 ? .max : .min) : difference
    }

    package func saturatingMultiplied(by other: Int64) -> Int64 {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    package var saturatingNegated: Int64 { self == .min ? .max : -self }

    /// Division that rounds down, so that days before 1970 are days too.
    package func floorDivided(by divisor: Int64) -> Int64 {
        let quotient = self / divisor
        return self % divisor < 0 ? quotient - 1 : quotient
    }

    /// The rest of that division; not negative.
    func modulo(_ divisor: Int64) -> Int64 {
        let rest = self % divisor
        return rest < 0 ? rest + divisor : rest
    }
}

/// The proleptic Gregorian calendar, in days since 1970-01-01.
package enum CivilDay {
    /// Source: the era arithmetic of Howard Hinnant's "chrono-compatible low-level date algorithms".
    package static func day(year: Int64, month: Int64, dayOfMonth: Int64) -> Int64 {
        let shifted = month <= 2 ? year - 1 : year
        let era = shifted.floorDivided(by: 400)
        let yearOfEra = shifted - era * 400
        let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + dayOfMonth - 1
        return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
    }

    package static func date(ofDay day: Int64) -> (year: Int64, month: Int64, dayOfMonth: Int64) {
        let shifted = day + 719_468
        let era = shifted.floorDivided(by: 146_097)
        let dayOfEra = shifted - era * 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }

    package static func days(inMonth month: Int64, of year: Int64) -> Int64 {
        switch month {
        case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
        case 4, 6, 9, 11: 30
        default: 31
        }
    }
}
