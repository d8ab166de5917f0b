import RefreshCore

/// Moments as files have them: RFC 3339, or whole seconds since 1970, in the years 0 to 9999.
enum MomentText {
    /// More than any token lives, less than any present moment in milliseconds.
    private static let seconds: ClosedRange<Int64> = -62_167_219_200...253_402_300_799

    /// Nil for anything else.
    static func moment(_ text: String) -> Timestamp? {
        if let number = Int64(text), text.utf8.first != UInt8(ascii: "+") {
            return seconds.contains(number) ? Timestamp(secondsSinceEpoch: number) : nil
        }
        guard let moment = Timestamp(rfc3339: text),
            seconds.contains(moment.microsecondsSinceEpoch.floorDivided(by: 1_000_000))
        else { return nil }
        return moment
    }
}
