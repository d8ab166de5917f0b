import RefreshCore

extension Notation<Int> {
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
    /// A number within `range`, possibly with a fraction.
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

extension Notation where Value: RawRepresentable<String> & CaseIterable {
    static var choice: Notation {
        let words = Value.allCases.map(\.rawValue)
        let list = words.map(JSONValue.quoted).joined(separator: " or ")
        return Notation(
            allowed: words.map { "`\"\($0)\"`" }.joined(separator: " or "),
            read: { (value) throws(Complaint) -> Value in
                guard case .string(let text) = value else { throw .wrongType(value, expected: list) }
                if let choice = Value(rawValue: text) { return choice }
                let near = NearestName.of(text, among: words)
                throw Complaint(.badValue, "not one of \(list)", near.map { "did you mean \"\($0)\"?" })
            },
            write: { .string($0.rawValue) }
        )
    }
}

extension Notation<Bool> {
    static var flag: Notation {
        Notation(
            allowed: "`true` or `false`",
            read: { (value) throws(Complaint) -> Bool in
                guard case .bool(let flag) = value else {
                    var suggestion: String?
                    if case .string(let text) = value, text == "true" || text == "false" {
                        suggestion = "write \(text) without quotes"
                    }
                    throw .wrongType(value, expected: "true or false", suggestion: suggestion)
                }
                return flag
            },
            write: { .bool($0) }
        )
    }
}

extension Notation<String> {
    /// A client id: 1 to 255 visible ASCII characters, with spaces only between them.
    ///
    /// Source: RFC 6749 appendix A.1.
    static var clientID: Notation {
        .text(allowed: "at most 255 ASCII characters", example: "my-platform") { (text) throws(Complaint) -> String in
            guard !text.isEmpty else { throw Complaint(.badValue, "an id is missing") }
            guard text.utf8.count <= 255 else {
                throw Complaint(.outOfRange, "an id of \(text.utf8.count) bytes", "at most 255 are allowed")
            }
            guard text.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !text.hasPrefix(" "), !text.hasSuffix(" ")
            else {
                throw Complaint(
                    .badValue,
                    "an id with an outer space or a character beyond ASCII",
                    "copy it again from Tight",
                    showsValue: false
                )
            }
            return text
        }
    }
}

extension Notation<ConcurrencyLimit.Policy> {
    /// A fixed count, or bounds within which the daemon adapts it: `{"min": 4, "max": 256}`.
    static func concurrency(_ range: ClosedRange<Int>) -> Notation {
        let count = Notation<Int>.count(range)
        return Notation(
            allowed: "\(count.allowed); or an object with `min` and `max`",
            read: { (value) throws(Complaint) -> ConcurrencyLimit.Policy in
                guard case .object(let members) = value else { return .fixed(try count.read(value)) }
                var bounds: [String: Int] = [:]
                for member in members {
                    guard ["min", "max"].contains(member.key) else {
                        let near = NearestName.of(member.key, among: ["min", "max"])
                        throw Complaint(
                            .unknownKey,
                            "it has a key other than min and max",
                            near.map { "did you mean \"\($0)\"?" } ?? "write {\"min\": 4, \"max\": 256}"
                        )
                    }
                    do throws(Complaint) {
                        bounds[member.key] = try count.read(member.node.value)
                    } catch {
                        throw Complaint(error.kind, "its \(member.key): \(error.reason)", error.suggestion)
                    }
                }
                return try policy(min: bounds["min"], max: bounds["max"])
            },
            write: { policy in
                guard policy.min < policy.max else { return .number(String(policy.max)) }
                return .object([("min", .number(String(policy.min))), ("max", .number(String(policy.max)))])
            }
        )
    }

    private static func policy(min: Int?, max: Int?) throws(Complaint) -> ConcurrencyLimit.Policy {
        let standard = ConcurrencyLimit.Policy()
        let least = min ?? Swift.min(standard.min, max ?? standard.min)
        let most = max ?? Swift.max(standard.max, least)
        guard least <= most else {
            throw Complaint(
                .contradiction,
                "min (\(least)) is more than max (\(most))",
                "lower min to \(most), or raise max to \(least)"
            )
        }
        return ConcurrencyLimit.Policy(min: least, max: most)
    }
}
