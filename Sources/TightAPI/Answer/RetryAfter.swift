import RefreshCore

/// Reads how long the server asks to wait.
///
/// Source: RFC 9110 section 10.2.3. Accepted beyond it, as seen in the wild and of one meaning only: quotation marks
/// around the value, a decimal fraction, and several values joined with commas (RFC 9110 section 5.3).
enum RetryAfter {
    /// The longest wait that is returned; a longer one is cut to this, and by the settings to less.
    static let longest = Duration.days(3_653)

    /// The longest wait that a legal value asks for; nil if there is none, or if it is over already.
    ///
    /// Of several values, the longest: each comes from a server on the path, and only the longest wait respects them
    /// all. A wait of zero is also nil: the client's own backoff applies, so that there is always a pause. A date
    /// counts from the answer's own `Date`, so that the clocks need not agree, otherwise from `now`.
    static func wait(in values: [String], date: String?, now: Timestamp) -> Duration? {
        var longest: Duration?
        for value in values {
            guard let wait = wait(in: unquoted(value), date: date, now: now) else { continue }
            longest = max(wait, longest ?? wait)
        }
        return longest.flatMap { $0 > .zero ? $0 : nil }
    }

    /// Nil unless every part of the value is legal.
    private static func wait(in value: Substring, date: String?, now: Timestamp) -> Duration? {
        var longest: Duration?
        for part in parts(of: value) {
            guard let wait = single(part, date: date, now: now) else { return nil }
            longest = max(wait, longest ?? wait)
        }
        return longest
    }

    /// The values that commas join; the comma after the name of a day is a part of its date.
    private static func parts(of value: Substring) -> [Substring] {
        var parts: [Substring] = []
        var begin = value.startIndex
        var index = begin
        while let comma = value[index...].firstIndex(of: ",") {
            index = value.index(after: comma)
            let part = trimmed(value[begin..<comma])
            if HTTPDate.days.contains(String(part)) || HTTPDate.longDays.contains(String(part)) { continue }
            parts.append(part)
            begin = index
        }
        return parts + [trimmed(value[begin...])]
    }

    private static func single(_ value: Substring, date: String?, now: Timestamp) -> Duration? {
        if let wait = seconds(value) { return wait }
        guard let moment = HTTPDate.moment(in: value, now: now) else { return nil }
        let sent = date.flatMap { HTTPDate.moment(in: trimmed($0[...]), now: now) }
        return min((sent ?? now).duration(to: moment), longest)
    }

    /// Digits, and a point and digits after them at most; a fraction counts as a whole second.
    private static func seconds(_ value: Substring) -> Duration? {
        let numbers = value.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard numbers.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(\.isASCIIDigit) }) else { return nil }
        // A number that is too large for any type is a long wait all the same.
        let whole = min(.seconds(Int64(numbers[0]) ?? .max), longest)
        let hasFraction = numbers.count > 1 && numbers[1].contains { $0 != "0" }
        return min(hasFraction ? whole + .seconds(1) : whole, longest)
    }

    private static func unquoted(_ value: String) -> Substring {
        let text = trimmed(value[...])
        guard text.count >= 2, text.first == "\"", text.last == "\"" else { return text }
        return trimmed(text.dropFirst().dropLast())
    }

    private static func trimmed(_ text: Substring) -> Substring {
        var text = text.drop { $0 == " " || $0 == "\t" }
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        return text
    }
}
