extension Duration {
    /// Reads a number and a unit, as people write them in the configuration: `90s`, `1.5h`, `7d`, `250ms`.
    ///
    /// Units are `us`, `ms`, `s`, `m`, `h`, `d`; parts may follow one another (`1h30m`). Nil for anything else,
    /// negative numbers and spans over a hundred years included.
    package init?(text: some StringProtocol) {
        var rest = Array(text.utf8)[...]
        guard !rest.isEmpty else { return nil }
        var microseconds: Int64 = 0
        while !rest.isEmpty {
            let number = rest.prefix { $0.isDigit || $0 == UInt8(ascii: ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !$0.isDigit }
            rest = rest.dropFirst(unit.count)
            guard number.first != UInt8(ascii: "."), number.last != UInt8(ascii: "."), number.count <= 12,
                let value = Double(String(decoding: number, as: UTF8.self)),
                let size = Self.units.first(where: { $0.name.utf8.elementsEqual(unit) })?.size
            else { return nil }
            let part = (value * Double(size)).rounded()
            guard part <= 3_155_760_000_000_000 else { return nil }
            microseconds += Int64(part)
            guard microseconds <= 3_155_760_000_000_000 else { return nil }
        }
        self = .microseconds(microseconds)
    }

    private static let units: [(name: String, size: Int64)] = [
        ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000), ("us", 1),
    ]

    /// The span in the form the configuration takes, to the microsecond: `1m30s`, `1h30m`, `7d`, `0s`.
    package var text: String {
        var rest = wholeMicroseconds
        guard rest > 0 else {
            return rest == 0 ? "0s" : "-\(Duration.microseconds(rest.saturatingNegated).text)"
        }
        var parts = ""
        for (unit, size) in Self.units where rest >= size {
            parts += "\(rest / size)\(unit)"
            rest %= size
        }
        return parts
    }

    /// The span for a sentence, rounded to its two largest units: `2 d 3 h`, `45 s`, `120 ms`.
    package var roundedText: String {
        var text: [UInt8] = []
        text.append(rounded: self)
        return String(decoding: text, as: UTF8.self)
    }

    fileprivate static let unitsInWords: [(name: String, size: Int64)] = [
        (" d", 86_400_000_000), (" h", 3_600_000_000), (" min", 60_000_000), (" s", 1_000_000), (" ms", 1_000),
    ]
}

extension [UInt8] {
    /// Appends the span as in `Duration.roundedText`.
    package mutating func append(rounded span: Duration) {
        let microseconds = span.wholeMicroseconds
        let units = Duration.unitsInWords
        let exact = microseconds < 0 ? microseconds.saturatingNegated : microseconds
        // It is rounded at the last unit shown, a half upwards: 1 h 59 min 59 s is 2 h.
        let shown = units.firstIndex { exact >= $0.size - ($0.size > 1_000_000 ? 500_000 : 500) } ?? units.count - 1
        let unit = units[shown < 3 ? shown + 1 : shown].size
        let length = exact.saturatingAdding(unit / 2) / unit * unit
        if microseconds < 0, length > 0 { append(UInt8(ascii: "-")) }
        guard let first = units.firstIndex(where: { length >= $0.size }) else { return append(text: "0 s") }
        append(decimal: length / units[first].size)
        append(text: units[first].name)
        guard first < 3 else { return }
        let minor = length % units[first].size / units[first + 1].size
        guard minor > 0 else { return }
        append(UInt8(ascii: " "))
        append(decimal: minor)
        append(text: units[first + 1].name)
    }
}

extension Duration {
    /// Microseconds, rounded up so that nothing computed with it comes early; saturates.
    package var wholeMicroseconds: Int64 {
        let (quotient, rest) = attoseconds.quotientAndRemainder(dividingBy: 1_000_000_000_000)
        return Int64(clamping: rest > 0 ? quotient + 1 : quotient)
    }

    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) / 1e18
    }

    package static func minutes(_ count: Int64) -> Duration { .seconds(count.saturatingMultiplied(by: 60)) }
    package static func hours(_ count: Int64) -> Duration { .seconds(count.saturatingMultiplied(by: 3_600)) }
    package static func days(_ count: Int64) -> Duration { .seconds(count.saturatingMultiplied(by: 86_400)) }
}
