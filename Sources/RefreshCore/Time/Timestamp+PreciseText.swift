extension Timestamp {
    /// The moment as RFC 3339 in UTC, to the microsecond where it has any: `2026-11-22T14:05:00.25Z`.
    package var preciseText: String {
        let fraction = microsecondsSinceEpoch - microsecondsSinceEpoch.floorDivided(by: 1_000_000) * 1_000_000
        guard fraction > 0 else { return description }
        var digits = String(String(1_000_000 + fraction).dropFirst())
        while digits.hasSuffix("0") { digits.removeLast() }
        return description.dropLast() + ".\(digits)Z"
    }
}
