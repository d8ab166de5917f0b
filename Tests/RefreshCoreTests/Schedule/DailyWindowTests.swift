import RefreshCore
import Testing

struct DailyWindowTests {
    private static func window(_ from: String, _ to: String, _ zone: ZoneRules) throws -> DailyWindow {
        let from = try #require(TimeOfDay(from))
        let to = try #require(TimeOfDay(to))
        return try #require(DailyWindow(from: from, to: to, zone: zone))
    }

    private static func day(_ date: String) throws -> Int64 {
        try #require(Timestamp(rfc3339: "\(date)T00:00:00Z")).day
    }

    @Test(arguments: [
        // A winter's day, a summer's day, over midnight.
        ("01:00", "05:30", "2026-01-15", ["00:00 04:30"]), ("01:00", "05:30", "2026-07-15", ["23:00 03:30"]),
        ("22:00", "04:00", "2026-01-15", ["21:00 03:00"]), ("23:59", "00:00", "2026-01-15", ["22:59 23:00"]),
        // 29 March: 02:00 to 03:00 is not. Shorter; its start, its end, all of it in the gap; the evening before.
        ("01:00", "05:30", "2026-03-29", ["00:00 03:30"]), ("02:30", "05:30", "2026-03-29", ["01:00 03:30"]),
        ("01:00", "02:30", "2026-03-29", ["00:00 01:00"]), ("02:00", "03:00", "2026-03-29", ["01:00 02:00"]),
        ("02:10", "02:20", "2026-03-29", ["01:00 01:10"]), ("22:00", "04:00", "2026-03-28", ["21:00 02:00"]),
        // 25 October: 02:00 to 03:00 comes twice. Longer; begun in the first, which is left and entered again; ended in
        // the first; all of it in the first.
        ("01:00", "05:30", "2026-10-25", ["23:00 04:30"]),
        ("02:30", "05:30", "2026-10-25", ["00:30 01:00", "01:30 04:30"]),
        ("01:00", "02:30", "2026-10-25", ["23:00 00:30"]), ("02:10", "02:20", "2026-10-25", ["00:10 00:20"]),
        ("03:00", "04:00", "2026-10-25", ["02:00 03:00"]),
    ])
    func `opens once on each local day, whatever the clock does`(
        from: String, to: String, date: String, spans: [String]
    ) throws {
        let window = try Self.window(from, to, Zones.stepping())
        let opening = try #require(window.opening(onDay: try Self.day(date)))
        let found = opening.spans.map {
            [$0.lowerBound, $0.upperBound].map { $0.description.dropFirst(11).prefix(5) }.joined(separator: " ")
        }
        #expect(found == spans)
    }

    @Test func `does not open on a date that the zone leaves out`() throws {
        for (from, to) in [("01:00", "05:30"), ("22:00", "04:00"), ("00:00", "23:59")] {
            let window = try Self.window(from, to, Zones.acrossTheDateLine)
            #expect(window.opening(onDay: try Self.day("2026-12-29")) != nil)
            #expect(window.opening(onDay: try Self.day("2026-12-30")) == nil)
            #expect(window.opening(onDay: try Self.day("2026-12-31")) != nil)
        }
    }

    @Test func `is no window when it ends as it begins`() throws {
        let noon = try #require(TimeOfDay("12:00"))
        #expect(DailyWindow(from: noon, to: noon, zone: .utc) == nil)
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `opens in order, apart, and never at another hour unless its own are skipped`(seed: UInt64) throws {
        var arbitrary = Arbitrary(seed: seed)
        let window = arbitrary.window()
        let first = arbitrary.moment().day
        var last: Timestamp?
        for day in first..<first + 400 {
            guard let opening = window.opening(onDay: day) else { continue }
            for span in opening.spans {
                #expect(span.lowerBound < span.upperBound)
                if let last { #expect(last <= span.lowerBound) }
                last = span.upperBound
            }
            #expect(window.opening(at: opening.start) == opening)
            #expect(window.opening(at: opening.end.advanced(by: .microseconds(-1))) == opening)
            if window.opening(at: opening.end) == opening { Issue.record("an opening holds its end") }
            for _ in 0..<3 {
                let moment = opening.moment(of: arbitrary.place())
                #expect(opening.contains(moment))
                let shown = moment.microsecondsSinceEpoch / 1_000_000 + window.zone.offset(at: moment)
                let minute = ((shown % 86_400) + 86_400) % 86_400 / 60
                let isWithin =
                    window.from.minutes < window.to.minutes
                    ? (window.from.minutes..<window.to.minutes).contains(minute)
                    : minute >= window.from.minutes || minute < window.to.minutes
                // Skipped hours are made up for right after the gap.
                let before = window.zone.offset(at: opening.start.advanced(by: .microseconds(-1)))
                #expect(isWithin || window.zone.offset(at: opening.start) > before)
            }
        }
    }

    @Test func `spreads users over the opening in the order of their places`() throws {
        let window = try Self.window("02:30", "05:30", Zones.stepping())
        let opening = try #require(window.opening(onDay: try Self.day("2026-10-25")))
        var arbitrary = Arbitrary(seed: 7)
        let places = (0..<7_000).map { _ in arbitrary.place() }.sorted()
        let moments = places.map(opening.moment)
        #expect(moments == moments.sorted())
        // Three and a half hours are open: thirty-five times six minutes, 200 users in each, give or take five sigma.
        let open = try #require(opening.spans.first).upperBound
        let gap = open.duration(to: opening.spans[1].lowerBound)
        let parts = Dictionary(grouping: moments) { moment in
            let elapsed = opening.start.duration(to: moment) - (moment < open ? .zero : gap)
            return elapsed.wholeMicroseconds / 360_000_000
        }
        #expect(parts.count == 35)
        #expect(parts.values.allSatisfy { (130...270).contains($0.count) })
    }

    @Test(arguments: [("00:00", 0), ("23:59", 1_439), ("05:30", 330)] as [(String, Int64)])
    func `reads a time of day`(text: String, minutes: Int64) throws {
        let time = try #require(TimeOfDay(text))
        #expect(time.minutes == minutes)
        #expect(time.description == text)
    }

    @Test(arguments: ["", "24:00", "12:60", "1:00", "01:0", "0100", "01:00:00", "-1:00", "١٢:٠٠", "01 00"])
    func `takes nothing else for one`(text: String) {
        #expect(TimeOfDay(text) == nil)
    }
}
