import RefreshCore

extension Notation<Duration> {
    /// A time span within `range`, as text with units.
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

/// Guesses the meaning of an invalid time span: `5 minuts`, `24 Hours`, `2w`, `300`.
enum DurationGuess {
    /// Nil if no guess is likely to be right.
    static func reading(_ text: String) -> Duration? {
        var rest = text.lowercased()[...]
        var spans = ""
        while let start = rest.firstIndex(where: { !$0.isWhitespace && $0 != "," }) {
            rest = rest[start...]
            let number = rest.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
            rest = rest[number.endIndex...].drop(while: \.isWhitespace)
            let word = rest.prefix(while: \.isLetter)
            rest = rest[word.endIndex...]
            guard !number.isEmpty, let unit = unit(String(word)) else { return nil }
            if unit == "w" {
                guard let weeks = Int(number), weeks < 10_000 else { return nil }
                spans += "\(weeks * 7)d"
            } else {
                spans += number + unit
            }
        }
        return Duration(text: spans)
    }

    private static func unit(_ word: String) -> String? {
        // A bare number most likely means seconds.
        if word.isEmpty { return "s" }
        if let unit = units.first(where: { $0.words.contains(word) }) { return unit.symbol }
        guard word.count > 3 else { return nil }
        guard let near = NearestName.of(word, among: units.flatMap(\.words).filter { $0.count > 3 }) else {
            return nil
        }
        return units.first { $0.words.contains(near) }?.symbol
    }

    private static let units: [(symbol: String, words: [String])] = [
        ("us", ["us", "µs", "usec", "microsecond", "microseconds"]),
        ("ms", ["ms", "msec", "millis", "millisecond", "milliseconds"]),
        ("s", ["s", "sec", "secs", "second", "seconds"]),
        ("m", ["m", "min", "mins", "minute", "minutes"]),
        ("h", ["h", "hr", "hrs", "hour", "hours"]),
        ("d", ["d", "day", "days"]),
        ("w", ["w", "week", "weeks"]),
    ]
}
