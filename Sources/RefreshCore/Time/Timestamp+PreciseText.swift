extension Timestamp {
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
        let rest = moment.microsecondsSinceEpoch % 1_000_000
        var fraction = rest < 0 ? rest + 1_000_000 : rest
        guard fraction > 0 else { return }
        // In the place of the Z.
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
