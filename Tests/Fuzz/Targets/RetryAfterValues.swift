import Glibc
import RefreshCore
@testable import TightAPI

extension FuzzTarget {
    /// The field `Date` in the first line, values of `Retry-After` in the others.
    static let retryAfter = FuzzTarget("retry-after", longest: 512) { input throws(Finding) in
        var input = FuzzInput(input)
        let date = input.lineText()
        var values: [String] = []
        while !input.isEmpty { values.append(input.lineText()) }
        let now = Timestamp(secondsSinceEpoch: 1_767_225_600)
        func wait(_ values: [String]) -> Duration? {
            RetryAfter.wait(in: values, date: date.isEmpty ? nil : date, now: now)
        }
        let together = wait(values)
        try require(
            together.map { $0 > .zero && $0 <= RetryAfter.longest } ?? true, "a wait of \(together ?? .zero)")
        try require(
            together == values.compactMap { wait([$0]) }.max(), "several values are not the longest of them")
        try require(together == wait(values.reversed()), "the order of the values counts")
        for text in [date] + values { try checkDate(text, now) }
    }

    /// A date is what the C library reads, and is the same when it is written again.
    private static func checkDate(_ text: String, _ now: Timestamp) throws(Finding) {
        guard let moment = HTTPDate.moment(in: text, now: now) else { return }
        let written = moment.httpDate
        let again = HTTPDate.moment(in: written, now: now)
        // A year beyond 9999 has no such form.
        try require(again == moment || written.utf8.count != 29, "\(text) is \(written)")
        // The form with all parts in their places, by the C library's calendar.
        let bytes = Array(text.utf8)
        guard text.hasSuffix(" GMT"), bytes.count == 29 else { return }
        func number(_ range: Range<Int>) -> Int32 { Int32(String(decoding: bytes[range], as: UTF8.self)) ?? -1 }
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        var parts = tm()
        parts.tm_mday = number(5..<7)
        parts.tm_mon = Int32(months.firstIndex(of: String(decoding: bytes[8..<11], as: UTF8.self)) ?? -1)
        parts.tm_year = number(12..<16) - 1_900
        (parts.tm_hour, parts.tm_min, parts.tm_sec) = (number(17..<19), number(20..<22), number(23..<25))
        let seconds = Int64(timegm(&parts))
        try require(Timestamp(secondsSinceEpoch: seconds) == moment, "\(text) is \(moment), for others \(seconds)")
    }
}
