import RefreshCore
import Testing

@testable import RefreshConfiguration

/// Rules for years to come, against moments worked out by hand.
struct ZoneRuleTextTests {
    private func transitions(_ text: String, _ year: Int64) throws -> [String] {
        let rule = try #require(ZoneRuleText(text))
        return rule.transitions(years: year...year).map {
            "\(Timestamp(secondsSinceEpoch: $0.secondsSinceEpoch)) \($0.offset)"
        }
    }

    @Test(arguments: [
        ("CET-1CEST,M3.5.0,M10.5.0/3", ["2026-03-29T01:00:00Z 7200", "2026-10-25T01:00:00Z 3600"]),
        // Winter is the exception here: less by an hour than the standard.
        ("IST-1GMT0,M10.5.0,M3.5.0/1", ["2026-03-29T01:00:00Z 3600", "2026-10-25T01:00:00Z 0"]),
        ("EST5EDT,M3.2.0,M11.1.0", ["2026-03-08T07:00:00Z -14400", "2026-11-01T06:00:00Z -18000"]),
        ("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0", ["2026-04-04T15:00:00Z 37800", "2026-10-03T15:30:00Z 39600"]),
        // On the day before the last Sunday, at 22 o'clock: hours may be negative, and more than a day.
        ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", ["2026-03-29T01:00:00Z -3600", "2026-10-25T01:00:00Z -7200"]),
        ("EET-2EEST,M3.4.4/50,M10.4.4/50", ["2026-03-28T00:00:00Z 10800", "2026-10-23T23:00:00Z 7200"]),
        ("AAA0BBB,J60/0,J365/0", ["2026-03-01T00:00:00Z 3600", "2026-12-30T23:00:00Z 0"]),
        ("AAA0BBB,59/0,364/0", ["2026-03-01T00:00:00Z 3600", "2026-12-30T23:00:00Z 0"]),
    ])
    func `knows when the clock is set in a year`(text: String, expected: [String]) throws {
        #expect(try transitions(text, 2_026) == expected)
    }

    @Test func `counts days with and without the 29th of February`() throws {
        #expect(try transitions("AAA0BBB,J60/0,J365/0", 2_028).first == "2028-03-01T00:00:00Z 3600")
        #expect(try transitions("AAA0BBB,59/0,364/0", 2_028).first == "2028-02-29T00:00:00Z 3600")
    }

    @Test func `stays with the second offset where the first ends as it begins again`() throws {
        let rule = try #require(ZoneRuleText("XXX3EDT4,0/0,J365/23"))
        let changes = rule.transitions(years: 2_026...2_028)
        #expect(changes.dropLast().allSatisfy { $0.offset == -14_400 })
    }

    @Test(arguments: [
        "", "CET", "CE-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M13.5.0,M10.5.0",
        "CET-1CEST,M3.5.7,M10.5.0", "CET-25", "CET-1CEST,J0,J365", "CET-1CEST,366,1", "CET-1 ", "<CET-1",
        "CET-1CEST,M3.5.0/168,M10.5.0", "CET-1CEST,M3.5.0,M10.5.0x", "CET-1:60", "CET-9999999999999999999",
    ])
    func `takes nothing else for a rule`(text: String) {
        #expect(ZoneRuleText(text) == nil)
    }
}
