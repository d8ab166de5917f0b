import RefreshCore

/// Reads how long the server asks to wait.
///
/// Source: RFC 9110 section 10.2.3. Quotation marks around the value, as seen in the wild, are accepted.
enum RetryAfter {
    /// More than that is a mistake of the server's, not a wait.
    private static let longest = Duration.days(3_653)

    /// The wait of the first legal value; nil if there is none, or if it is over already.
    ///
    /// A wait of nothing is nil too: it is left to the client's own backoff, so that nobody is called without a pause.
    /// A date counts from the answer's own `Date`, so that the two clocks need not agree, else from `now`.
    static func wait(in values: [String], date: String?, now: Timestamp) -> Duration? {
        for value in values {
            guard let wait = wait(in: unquoted(value), date: date, now: now) else { continue }
            return wait > .zero ? wait : nil
        }
        return nil
    }

    private static func wait(in value: Substring, date: String?, now: Timestamp) -> Duration? {
        let wait: Duration
        if value.utf8.allSatisfy(\.isASCIIDigit) {
            guard let seconds = Int64(value) else { return nil }
            wait = .seconds(seconds)
        } else {
            guard let moment = HTTPDate.moment(in: value, now: now) else { return nil }
            let sent = date.flatMap { HTTPDate.moment(in: trimmed($0[...]), now: now) }
            wait = (sent ?? now).duration(to: moment)
        }
        return wait <= longest ? wait : nil
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
