import Foundation
import RefreshCore
import Testing

struct TimestampTests {
    @Test(arguments: [
        (#"["2026-11-22T14:05:00.25Z"]"#, 1_795_356_300_250_000 as Int64),
        // As stores of earlier versions hold it.
        (#"[{"microsecondsSinceEpoch":1795356300250001}]"#, 1_795_356_300_250_001),
    ])
    func `is text in JSON, and the number that it was is read`(json: String, microseconds: Int64) throws {
        let moments = try JSONDecoder().decode([Timestamp].self, from: Data(json.utf8))
        #expect(moments == [Timestamp(microsecondsSinceEpoch: microseconds)])
        let written = try JSONEncoder().encode(moments)
        #expect(String(decoding: written, as: UTF8.self).hasPrefix(#"["2026-11-22T14:05:00.25"#))
        #expect(try JSONDecoder().decode([Timestamp].self, from: written) == moments)
    }

    @Test(arguments: [Int64.min, .max]) func `refuses to write a moment beyond all years`(microseconds: Int64) {
        #expect(throws: FieldProblem(field: "[0]", "the moment lies outside the years 0 to 9999")) {
            try JSONEncoder().encode([Timestamp(microsecondsSinceEpoch: microseconds)])
        }
    }

    @Test(arguments: ["7", "\"soon\"", "{}", "null", "\"2026-11-22\""])
    func `refuses what is none by the name of its place`(json: String) {
        #expect(throws: FieldProblem(field: "[0]", "not a moment such as 2026-11-22T14:05:00Z")) {
            try JSONDecoder().decode([Timestamp].self, from: Data("[\(json)]".utf8))
        }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0 as Int64),
        ("1969-12-31T23:59:59Z", -1),
        ("1969-12-31T00:00:00Z", -86_400),
        ("2000-02-29T12:30:45Z", 951_827_445),
        ("2026-11-22T14:05:00Z", 1_795_356_300),
        ("0000-01-01T00:00:00Z", -62_167_219_200),
        ("0001-01-01T00:00:00Z", -62_135_596_800),
        ("9999-12-31T23:59:59Z", 253_402_300_799),
    ])
    func `is written and read as RFC 3339`(text: String, seconds: Int64) {
        #expect(Timestamp(secondsSinceEpoch: seconds).description == text)
        #expect(Timestamp(rfc3339: text) == Timestamp(secondsSinceEpoch: seconds))
    }

    @Test(arguments: [
        ("Thu, 01 Jan 1970 00:00:00 GMT", 0 as Int64),
        ("Wed, 31 Dec 1969 23:59:59 GMT", -1),
        ("Tue, 29 Feb 2000 12:30:45 GMT", 951_827_445),
        ("Sun, 22 Nov 2026 14:05:00 GMT", 1_795_356_300),
        ("Mon, 01 Jan 0001 00:00:00 GMT", -62_135_596_800),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
    ])
    func `is written as HTTP has it`(text: String, seconds: Int64) {
        #expect(Timestamp(secondsSinceEpoch: seconds).httpDate == text)
    }

    @Test(arguments: [
        ("1970-01-01t00:00:01z", 1_000_000 as Int64),
        ("1970-01-01 00:00:01Z", 1_000_000),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T19:00:00-05:00", 0),
        ("1970-01-01T00:00:00-00:00", 0),
        ("1970-01-01T00:00:00.5Z", 500_000),
        ("1970-01-01T00:00:00.000001Z", 1),
        ("1970-01-01T00:00:00.1234567890123456789Z", 123_456),
        ("1969-12-31T23:59:59.999999Z", -1),
        ("2016-12-31T23:59:60Z", 1_483_228_800_000_000),
        ("2017-01-01T00:59:60+01:00", 1_483_228_800_000_000),
    ])
    func `reads every form that RFC 3339 allows`(text: String, microseconds: Int64) {
        #expect(Timestamp(rfc3339: text) == Timestamp(microsecondsSinceEpoch: microseconds))
    }

    @Test(arguments: [
        "", "2026", "2026-11-22", "2026-11-22T14:05:00", "2026-11-22T14:05Z", "2026-1-22T14:05:00Z",
        "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z", "2026-02-29T00:00:00Z", "2026-04-31T00:00:00Z",
        "2026-01-00T00:00:00Z", "1900-02-29T00:00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z",
        "2026-01-01T00:00:61Z", "2026-01-01T12:00:60Z", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00,5Z",
        "2026-01-01T00:00:00+0100", "2026-01-01T00:00:00+24:00", "2026-01-01T00:00:00+01:60",
        "2026-01-01T00:00:00Z ", " 2026-01-01T00:00:00Z", "2026-01-01T00:00:00ZZ", "12026-01-01T00:00:00Z",
        "-026-01-01T00:00:00Z", "2026-01-01T00:00:00z+00:00", "٢٠٢٦-01-01T00:00:00Z",
    ])
    func `reads nothing else`(text: String) {
        #expect(Timestamp(rfc3339: text) == nil)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `comes back from its own text to the second`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let moment = Timestamp(
                secondsSinceEpoch: .random(in: -62_167_219_200...253_402_300_799, using: &random)
            )
            #expect(Timestamp(rfc3339: moment.description) == moment)
        }
    }

    @Test func `writes years before the year 0 with four digits`() {
        #expect(Timestamp(secondsSinceEpoch: -62_167_219_201).description == "-0001-12-31T23:59:59Z")
    }

    @Test func `writes its extremes without failing`() {
        #expect(Timestamp.distantFuture.description == "294247-01-10T04:00:54Z")
        #expect(Timestamp(microsecondsSinceEpoch: .min).description == "-290308-12-21T19:59:05Z")
    }

    @Test func `saturates instead of overflowing`() {
        let last = Timestamp.distantFuture
        let first = Timestamp(microsecondsSinceEpoch: .min)
        #expect(last.advanced(by: .microseconds(1)) == last)
        #expect(first.advanced(by: .microseconds(-1)) == first)
        #expect(Timestamp(secondsSinceEpoch: .max) == last)
        #expect(Timestamp(secondsSinceEpoch: .min) == first)
        #expect(Timestamp.startOfDay(.max) == last)
        #expect(Timestamp.startOfDay(.min) == first)
        #expect(first.duration(to: last) == .microseconds(Int64.max))
        #expect(last.duration(to: first) == .microseconds(Int64.min))
        #expect(first.duration(to: Timestamp(microsecondsSinceEpoch: -1)) == .microseconds(Int64.max))
        #expect(first.duration(to: Timestamp(microsecondsSinceEpoch: -5)) == .microseconds(Int64.max - 4))
        #expect(first.duration(to: first) == .zero)
        #expect(last.duration(to: last) == .zero)
    }

    @Test(arguments: [
        (0 as Int64, 0 as Int64), (-1, -1), (-86_400_000_000, -1), (-86_400_000_001, -2), (86_399_999_999, 0),
        (86_400_000_000, 1), (.max, 106_751_991), (.min, -106_751_992),
    ])
    func `belongs to one day, before 1970 too`(microseconds: Int64, day: Int64) {
        #expect(Timestamp(microsecondsSinceEpoch: microseconds).day == day)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `advances by exactly what lies between`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<200 {
            let one = Timestamp(microsecondsSinceEpoch: .random(in: (.min / 2)...(.max / 2), using: &random))
            let other = Timestamp(
                microsecondsSinceEpoch: .random(in: (.min / 2)...(.max / 2), using: &random)
            )
            #expect(one.advanced(by: one.duration(to: other)) == other)
            #expect((one < other) == (one.duration(to: other) > .zero))
        }
    }

    @Test(arguments: [
        (Duration.nanoseconds(1), 1 as Int64), (.nanoseconds(1_000), 1), (.nanoseconds(1_001), 2),
        (.nanoseconds(-1), 0), (.nanoseconds(-1_001), -1), (.zero, 0), (.seconds(-1), -1_000_000),
        (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
    ])
    func `rounds a fraction of a microsecond up`(duration: Duration, microseconds: Int64) {
        #expect(duration.wholeMicroseconds == microseconds)
    }
}
