import RefreshCore
import Testing

@testable import TightAPI

struct RetryAfterTests {
    /// Sun, 06 Nov 1994 08:49:37 GMT.
    private let now = Timestamp(secondsSinceEpoch: 784_111_777)

    @Test(arguments: [
        ("120", Int64?.some(120)), (" 120\t", 120), ("\"120\"", 120), ("\" 120 \"", 120), ("007", 7),
        ("1", 1),
        // Long and legal is cut, never dropped.
        ("315619200", 315_619_200), ("315619201", 315_619_200), ("2147483647", 315_619_200),
        ("12345678901234567890", 315_619_200), ("99999999999999999999999", 315_619_200),
        ("9223372036854775807", 315_619_200), ("315619199.5", 315_619_200), ("315619200.5", 315_619_200),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 315_619_200),
        // What proxies join, and what formatters of numbers make of seconds.
        ("7200, 7200", 7_200), ("7200,7200", 7_200), ("120, 60", 120), ("60 , 120", 120), ("\"120, 60\"", 120),
        ("7200.0", 7_200), ("7200.000", 7_200), ("1.5", 2), ("0.1", 1), ("0, 60", 60),
        ("Sun, 06 Nov 1994 08:51:37 GMT, Sun, 06 Nov 1994 08:50:37 GMT", 120),
        ("Sunday, 06-Nov-94 08:51:37 GMT, 60", 120), ("60, Sun Nov  6 08:51:37 1994", 120),
        ("0", nil), ("", nil), ("\"\"", nil), ("\"", nil), ("-5", nil), ("+5", nil), ("-5.0", nil),
        ("1e3", nil), ("5s", nil), ("7200.", nil), (".5", nil), (".", nil), ("1.2.3", nil), ("7.200,0x", nil),
        ("soon", nil), ("٣", nil), (",", nil), ("60,", nil), (",60", nil), ("60, soon", nil), ("60, -5", nil),
        ("60 120", nil), ("0.0", nil), ("0, 0", nil), ("Sun, 60", nil), ("Sun,", nil),
        ("Sun, 06 Nov 1994 08:51:37 GMT", 120), ("\"Sun, 06 Nov 1994 08:51:37 GMT\"", 120),
        ("Sunday, 06-Nov-94 08:51:37 GMT", 120), ("Sun Nov  6 08:51:37 1994", 120),
        ("Wed Nov 16 08:49:37 1994", 864_000),
        ("Sun, 06 Nov 1994 08:49:37 GMT", nil), ("Sun, 06 Nov 1994 08:49:36 GMT", nil),
        ("Thu, 01 Jan 1970 00:00:00 GMT", nil),
        ("Sun, 06 Nov 1994 08:51:37 UTC", 120), ("Sunday, 06-Nov-94 08:51:37 UTC", 120),
        ("Sun, 06 Nov 2094 08:49:37 GMT", 315_619_200),
    ])
    func `reads every form of one meaning and nothing else`(value: String, seconds: Int64?) {
        #expect(RetryAfter.wait(in: [value], date: nil, now: now) == seconds.map { .seconds($0) })
    }

    @Test func `counts a date from the answer's own date, where that is one`() {
        let value = "Sun, 06 Nov 1994 10:00:00 GMT"
        let own = RetryAfter.wait(in: [value], date: "Sun, 06 Nov 1994 09:59:00 GMT", now: now)
        #expect(own == .seconds(60))
        let local = RetryAfter.wait(in: [value], date: "yesterday", now: now)
        #expect(local == .seconds(4_223))
        let past = RetryAfter.wait(in: [value], date: "Sun, 06 Nov 1994 10:00:01 GMT", now: now)
        #expect(past == nil)
    }

    @Test func `takes the longest legal value of several fields`() {
        #expect(RetryAfter.wait(in: [], date: nil, now: now) == nil)
        #expect(RetryAfter.wait(in: ["soon", "30", "60"], date: nil, now: now) == .seconds(60))
        #expect(RetryAfter.wait(in: ["60", "30"], date: nil, now: now) == .seconds(60))
        #expect(RetryAfter.wait(in: ["0", "60"], date: nil, now: now) == .seconds(60))
        #expect(RetryAfter.wait(in: ["0", "soon"], date: nil, now: now) == nil)
    }
}

struct HTTPDateTests {
    private let now = Timestamp(rfc3339: "2026-11-22T12:00:00Z") ?? .epoch

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        ("Sun Nov  6 08:49:37 1994", "1994-11-06T08:49:37Z"),
        ("Thu, 29 Feb 2024 00:00:00 GMT", "2024-02-29T00:00:00Z"),
        ("Sat, 31 Dec 2016 23:59:60 GMT", "2017-01-01T00:00:00Z"),
        ("Mon, 06 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z"),
        // Up to fifty years ahead, and not a second more.
        ("Sunday, 22-Nov-76 12:00:00 GMT", "2076-11-22T12:00:00Z"),
        ("Sunday, 22-Nov-76 12:00:01 GMT", "1976-11-22T12:00:01Z"),
        ("Sunday, 22-Nov-26 12:00:00 GMT", "2026-11-22T12:00:00Z"),
        ("Sunday, 01-Jan-00 00:00:00 GMT", "2000-01-01T00:00:00Z"),
        ("Monday, 31-Dec-99 23:59:59 GMT", "1999-12-31T23:59:59Z"),
        ("Tuesday, 29-Feb-72 00:00:00 GMT", "2072-02-29T00:00:00Z"),
        // Other names of the same zone.
        ("Sun, 06 Nov 1994 08:49:37 UTC", "1994-11-06T08:49:37Z"),
        ("Sun, 06 Nov 1994 08:49:37 +0000", "1994-11-06T08:49:37Z"),
        ("Sun, 06 Nov 1994 08:49:37 -0000", "1994-11-06T08:49:37Z"),
        ("Sunday, 06-Nov-94 08:49:37 UTC", "1994-11-06T08:49:37Z"),
        ("Fri, 31 Dec 9999 23:59:59 GMT", "9999-12-31T23:59:59Z"),
    ])
    func `reads the three forms of a date`(text: String, moment: String) {
        #expect(HTTPDate.moment(in: text, now: now)?.description == moment)
    }

    @Test(arguments: [
        "", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 EST",
        "Sun, 06 Nov 1994 08:49:37 +0100", "Sun, 06 Nov 1994 08:49:37 utc",
        "sun, 06 Nov 1994 08:49:37 GMT", "Xyz, 06 Nov 1994 08:49:37 GMT", "Sun 06 Nov 1994 08:49:37 GMT",
        "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 94 08:49:37 GMT",
        "Sun, 31 Nov 1994 08:49:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT", "Wed, 29 Feb 2023 00:00:00 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 06 Nov 1994 08:60:00 GMT", "Sun, 06 Nov 1994 08:49:61 GMT",
        "Sun, 06 Nov 1994 8:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT", "Sun,  06 Nov 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "Sunday, 06-Nov-1994 08:49:37 GMT", "Sun, 06-Nov-94 08:49:37 GMT",
        "Sunday, 06-Nov 08:49:37 GMT", "Sun Nov 6 08:49:37 1994", "Sun Nov 06  08:49:37 1994",
        "Sun Nov  6 08:49:37 94",
        "Sun Nov   6 08:49:37 1994", "Sun, -6 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z",
    ])
    func `reads nothing else`(text: String) {
        #expect(HTTPDate.moment(in: text, now: now) == nil)
    }
}
