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
            let number = rest.prefix { (0x30...0x39).contains($0) || $0 == UInt8(ascii: ".") }
            rest = rest.dropFirst(number.count)
            let unit = rest.prefix { !(0x30...0x39).contains($0) }
            rest = rest.dropFirst(unit.count)
            guard number.first != UInt8(ascii: "."), number.last != UInt8(ascii: "."), number.count <= 12,
                let value = Double(String(decoding: number, as: UTF8.self)),
                let size = Self.units[String(decoding: unit, as: UTF8.self)]
            else { return nil }
            let part = (value * Double(size)).rounded()
            guard part <= 3_155_760_000_000_000 else { return nil }
            microseconds += Int64(part)
            guard microseconds <= 3_155_760_000_000_000 else { return nil }
        }
        self = .microseconds(microseconds)
    }

    private static let units: [String: Int64] = [
        "us": 1, "ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000,
    ]

    /// The span in the form the configuration takes, to the microsecond: `1m30s`, `1h30m`, `7d`, `0s`.
    package var text: String {
        var rest = wholeMicroseconds
        guard rest > 0 else {
            return rest == 0 ? "0s" : "-\(Duration.microseconds(rest.saturatingNegated).text)"
        }
        var parts = ""
        for (unit, size) in [
            ("d", 86_400_000_000), ("h", 3_600_000_000), ("m", 60_000_000), ("s", 1_000_000), ("ms", 1_000),
            ("us", 1),
        ] as [(String, Int64)] where rest >= size {
            parts += "\(rest / size)\(unit)"
            rest %= size
        }
        return parts
    }

    /// The span for a sentence, its two largest units: `2 d 3 h`, `45 s`, `120 ms`.
    package var roundedText: String {
        let microseconds = wholeMicroseconds
        if microseconds <= -1_000 {
            return "-\(Duration.microseconds(microseconds.saturatingNegated).roundedText)"
        }
        let units: [(String, Int64)] = [
            ("d", 86_400_000_000), ("h", 3_600_000_000), ("min", 60_000_000), ("s", 1_000_000), ("ms", 1_000),
        ]
        guard let first = units.firstIndex(where: { microseconds >= $0.1 }) else { return "0 s" }
        let (unit, size) = units[first]
        guard first < 3 else { return "\(microseconds / size) \(unit)" }
        let (minorUnit, minorSize) = units[first + 1]
        let minor = microseconds % size / minorSize
        return "\(microseconds / size) \(unit)" + (minor > 0 ? " \(minor) \(minorUnit)" : "")
    }
}
