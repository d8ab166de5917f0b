extension Timestamp: CustomStringConvertible {
    /// The time as RFC 3339 in UTC, to the second: `2026-11-22T14:05:00Z`.
    package var description: String {
        var text: [UInt8] = []
        text.reserveCapacity(20)
        text.append(rfc3339: self)
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads RFC 3339 date-time with `Z` or an offset; nil for anything else.
    ///
    /// Source: RFC 3339 section 5.6. A leap second reads as the second after it, and is accepted only at the end of a
    /// day in UTC.
    package init?(rfc3339 text: some StringProtocol) {
        var rest = Array(text.utf8)[...]
        func number(_ digits: Int) -> Int64? {
            guard rest.count >= digits else { return nil }
            var value: Int64 = 0
            for byte in rest.prefix(digits) {
                guard byte.isDigit else { return nil }
                value = value * 10 + Int64(byte - 0x30)
            }
            rest = rest.dropFirst(digits)
            return value
        }
        func one(of characters: String) -> UInt8? {
            guard let byte = rest.first, characters.utf8.contains(byte) else { return nil }
            rest = rest.dropFirst()
            return byte
        }
        guard let year = number(4), one(of: "-") != nil, let month = number(2), one(of: "-") != nil,
            let dayOfMonth = number(2), one(of: "Tt ") != nil,
            let hour = number(2), one(of: ":") != nil, let minute = number(2), one(of: ":") != nil,
            let second = number(2),
            (1...12).contains(month), (1...CivilDay.days(inMonth: month, of: year)).contains(dayOfMonth),
            hour < 24, minute < 60, second <= 60
        else { return nil }
        var microseconds: Int64 = 0
        if one(of: ".") != nil {
            var weight: Int64 = 100_000
            guard rest.first?.isDigit ?? false else { return nil }
            while let digit = number(1) {
                microseconds += digit * weight
                weight /= 10
            }
        }
        var offset: Int64 = 0
        switch one(of: "Zz+-") {
        case UInt8(ascii: "Z"), UInt8(ascii: "z"): break
        case let sign?:
            guard let hours = number(2), one(of: ":") != nil, let minutes = number(2), hours < 24,
                minutes < 60
            else { return nil }
            offset = (hours * 3_600 + minutes * 60) * (sign == UInt8(ascii: "-") ? -1 : 1)
        case nil: return nil
        }
        guard rest.isEmpty else { return nil }
        let day = CivilDay.day(year: year, month: month, dayOfMonth: dayOfMonth)
        let seconds = day * 86_400 + hour * 3_600 + minute * 60 + second - offset
        guard second < 60 || seconds.isMultiple(of: 86_400) else { return nil }
        self.init(microsecondsSinceEpoch: seconds * 1_000_000 + microseconds)
    }
}

extension [UInt8] {
    /// Appends the time as in `Timestamp.description`.
    package mutating func append(rfc3339 moment: Timestamp) {
        let seconds = moment.microsecondsSinceEpoch.floorDivided(by: 1_000_000)
        let day = seconds.floorDivided(by: 86_400)
        let (year, month, dayOfMonth) = CivilDay.date(ofDay: day)
        let secondOfDay = seconds - day * 86_400
        append(decimal: year, width: 4)
        append(addingCapacity: 16) { rest in
            rest.append("-", month)
            rest.append("-", dayOfMonth)
            rest.append("T", secondOfDay / 3_600)
            rest.append(":", secondOfDay / 60 % 60)
            rest.append(":", secondOfDay % 60)
            rest.append(UInt8(ascii: "Z"))
        }
    }
}

extension OutputSpan<UInt8> {
    /// Appends a mark and a number from 0 to 99 in two digits.
    fileprivate mutating func append(_ mark: Unicode.Scalar, _ value: Int64) {
        append(UInt8(ascii: mark))
        append(UInt8(ascii: "0") + UInt8(value / 10))
        append(UInt8(ascii: "0") + UInt8(value % 10))
    }
}
