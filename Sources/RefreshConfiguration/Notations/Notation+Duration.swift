import RefreshCore

extension Notation<Duration> {
    /// A time span as text with a unit, within `range`.
    static func duration(_ range: ClosedRange<Duration>) -> Notation {
        Notation(
            allowed: "time span, \(range.lowerBound.text) to \(range.upperBound.text)",
            read: { (value) throws(Complaint) -> Duration in
                func advice(_ text: String) -> String? {
                    guard let guess = DurationGuess.reading(text), range.contains(guess) else { return nil }
                    return "write \"\(guess.text)\""
                }
                guard case .string(let text) = value else {
                    var suggestion: String?
                    if case .number(let literal) = value { suggestion = advice(literal + "s") }
                    throw .wrongType(
                        value,
                        expected: "a time span in quotes, such as \"90s\",",
                        suggestion: suggestion
                    )
                }
                guard let duration = Duration(text: text) else {
                    throw Complaint(
                        .badValue,
                        "not a time span",
                        advice(text)
                            ?? "write numbers and units (us, ms, s, m, h, d), such as \"90s\" or \"1h30m\""
                    )
                }
                if duration < range.lowerBound {
                    throw Complaint(.outOfRange, "too short", "the least is \"\(range.lowerBound.text)\"")
                }
                if duration > range.upperBound {
                    throw Complaint(.outOfRange, "too long", "the most is \"\(range.upperBound.text)\"")
                }
                return duration
            },
            write: { .string($0.text) }
        )
    }
}
