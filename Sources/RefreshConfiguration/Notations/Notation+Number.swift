extension Notation<Int> {
    /// A whole number within `range`.
    static func count(_ range: ClosedRange<Int>) -> Notation {
        Notation(
            allowed: "whole number, \(range.lowerBound) to \(range.upperBound)",
            read: { (value) throws(Complaint) -> Int in
                let number = try NumberReading.number(
                    value,
                    within: Double(range.lowerBound)...Double(range.upperBound),
                    expected: "a whole number"
                )
                guard let count = Int(exactly: number) else {
                    throw Complaint(.badValue, "not a whole number", "write \(Int(number.rounded()))")
                }
                return count
            },
            write: { .number(String($0)) }
        )
    }
}

extension Notation<Double> {
    /// A number within `range`, fractions allowed.
    static func number(_ range: ClosedRange<Double>) -> Notation {
        let least = JSONValue.number(range.lowerBound).compactText
        let most = JSONValue.number(range.upperBound).compactText
        return Notation(
            allowed: "number, \(least) to \(most)",
            read: { (value) throws(Complaint) -> Double in
                try NumberReading.number(value, within: range, expected: "a number")
            },
            write: { .number($0) }
        )
    }
}

private enum NumberReading {
    static func number(
        _ value: JSONValue,
        within range: ClosedRange<Double>,
        expected: String
    ) throws(Complaint) -> Double {
        guard case .number(let literal) = value, let number = Double(literal) else {
            var suggestion: String?
            if case .string(let text) = value, let number = Double(text), range.contains(number) {
                suggestion = "write \(JSONValue.number(number).compactText) without quotes"
            }
            throw .wrongType(value, expected: expected, suggestion: suggestion)
        }
        if number < range.lowerBound {
            let least = JSONValue.number(range.lowerBound).compactText
            throw Complaint(.outOfRange, "too small", "the least is \(least)")
        }
        if number > range.upperBound {
            let most = JSONValue.number(range.upperBound).compactText
            throw Complaint(.outOfRange, "too large", "the most is \(most)")
        }
        return number
    }
}
