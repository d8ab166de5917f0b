import Monitoring
import Foundation
import FoundationXML
import Testing

@testable import RefreshCore

/// What people and programs are shown.
struct PresentationTests {
    /// Calls that grow from hour to hour, one group, one user of every kind.
    private static func sample() throws -> Forecast {
        let gold = try #require(GroupName("gold"))
        var policies = Policies()
        policies.groups[gold] = UserPolicy(cadence: Cadence(every: .hours(12)))
        var row = DueHistogram.Row(group: nil, count: 1_440)
        for hour in 0..<24 { row.scheduled[hour * 60] = 30 * hour }
        row.overdue = 90
        row.parked = 12
        row.paused = 3
        var golden = DueHistogram.Row(group: gold, count: 1_440)
        golden.scheduled[5] = 600
        golden.parked = 1
        return try ForecastTests.forecast(
            DueHistogram(from: ForecastTests.from, width: .minutes(1), rows: [row, golden]), policies)
    }

    /// No bar is higher than the axis, no line longer than the terminal.
    @Test(arguments: [34, 40, 60, 80, 100, 200], [Glyphs.blocks, .ascii])
    func `the plot fits the width`(width: Int, glyphs: Glyphs) throws {
        let lines = try Self.sample().text(width: width, glyphs: glyphs).split(separator: "\n")
        let plot = lines.dropFirst().prefix { !$0.hasPrefix("calls in 24 hours") }
        #expect(plot.count == 10)
        #expect(plot.allSatisfy { $0.count <= width })
    }

    @Test func `a terminal too narrow for the plot gets the figures`() throws {
        let text = try Self.sample().text(width: 20, glyphs: .blocks)
        #expect(!text.contains("█"))
        #expect(text.contains("calls in 24 hours"))
    }

    @Test func `without UTF-8 the text is ASCII`() throws {
        #expect(try Self.sample().text(width: 80, glyphs: .ascii).utf8.allSatisfy { $0 < 0x80 })
    }

    @Test func `the text shows plot, figures, groups and verdict`() throws {
        #expect(try Self.sample().text(width: 80, glyphs: .blocks) == Self.snapshot)
    }

    @Test func `the report for programs has every key that is promised`() throws {
        let encoder = JSONEncoder()
        let data = try encoder.encode(ForecastReport(try Self.sample()))
        let object = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
        #expect(
            Set(object.keys) == [
                "from", "users", "overdue", "parked", "paused", "calls", "callsPerHour", "meanPerMinute",
                "peakPerMinute", "peakAt", "latencySeconds", "meanInFlight", "peakInFlight", "clearOverdueSeconds",
                "outageSeconds", "waitingAfterOutage", "catchUpSeconds", "longestWaitSeconds", "limits", "verdict",
                "sentence", "groups", "journalBytesPerDay", "storeBytesPerDay", "historyBytes",
            ])
        let limits = try #require(object["limits"] as? [String: Any])
        #expect(
            Set(limits.keys) == [
                "requestsPerSecond", "concurrency", "callsPerMinute", "requestsPerSecondShare", "concurrencyShare",
            ])
        let groups = try #require(object["groups"] as? [[String: Any]])
        #expect(groups.map { $0["group"] as? String } == [nil, "gold"])
        #expect(
            Set(groups[1].keys) == [
                "group", "everySeconds", "users", "overdue", "parked", "paused", "calls", "peakPerMinute",
            ])
        #expect(object["from"] as? String == "2030-03-17T17:47:00Z")
        #expect((object["callsPerHour"] as? [Int])?.count == 24)
        #expect(object["verdict"] as? String == "carries")
        #expect(object["outageSeconds"] as? Double == 14_400)
    }

    @Test func `the drawing is well-formed, says what it shows and has a bar for each hour`() throws {
        let reader = DrawingReader()
        let parser = XMLParser(data: Data(try Self.sample().svg.utf8))
        parser.delegate = reader
        #expect(parser.parse(), "\(String(describing: parser.parserError))")
        #expect(reader.elements["svg"] == 1)
        #expect(reader.elements["path"] == 24)
        #expect(reader.elements["title"] == 25)
        #expect(reader.elements["desc"] == 1)
        #expect(reader.texts.contains("calls due per hour"))
        #expect(reader.texts.contains("time, UTC"))
        #expect(reader.texts.contains { $0.contains("The limits suffice") })
        #expect(reader.style.contains("prefers-color-scheme: dark"))
        #expect(reader.lowest <= reader.height)
    }

    @Test(arguments: [0, 1]) func `a fleet of nobody is drawn too`(users: Int) throws {
        let forecast = try ForecastTests.forecast(ForecastTests.fleet(users))
        #expect(XMLParser(data: Data(forecast.svg.utf8)).parse())
        #expect(forecast.text(width: 80, glyphs: .blocks).contains("The limits suffice"))
    }

    private static let snapshot = """
        Calls due per hour from 2030-03-17 17:47 UTC, 8,970 users

         1k ┤                                    ▅▅
            │                                    ██
        750 ┤▄▄                                  ██                            ▂▂ ▄▄
            │██                                  ██                ▂▂ ▄▄ ▆▆ ██ ██ ██
        500 ┤██                                  ██ ▁▁ ▃▃ ▄▄ ▆▆ ██ ██ ██ ██ ██ ██ ██
            │██                         ▁▁ ▃▃ ▅▅ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██
        250 ┤██             ▁▁ ▃▃ ▅▅ ▇▇ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██
            │██ ▁▁ ▃▃ ▅▅ ▇▇ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██ ██
          0 └────────────────────────────────────────────────────────────────────────
             17:47       21:47       01:47       05:47       09:47       13:47

        calls in 24 hours       9,636
        calls per minute        6.6 on average, 690 at the peak (16:47)
        calls in flight         0.55 on average, 58 at the peak, at 5s a call
        the limits let through  768 calls a minute
        overdue now             90, called within 8 s
        after 4 h of outage     2,596 users wait at worst, caught up with in 3 min 23 s
        journal, a day          11 MB: 1.1 KB for the entry of each call
        history, a day          382 KB: 40 bytes of the store for each call
        history, eventually     32 MB, with history.maximumAge 90d and history.keep 100
        left out                13 parked, 3 paused

        GROUP   USERS  EVERY  DUE IN 24 H  PEAK A MINUTE  PARKED  PAUSED
        (none)  8,370     1d        8,346            690      12       3
        gold      600    12h        1,200            600       1       0

        The limits suffice: 57 % of limits.requestsPerSecond and 90 % of
        limits.concurrency at the peak.

        """
}

/// Notes what a drawing is made of.
private final class DrawingReader: NSObject, XMLParserDelegate {
    private(set) var elements: [String: Int] = [:]
    private(set) var texts: Set<String> = []
    private(set) var style = ""
    private(set) var height = 0.0
    /// The lowest line of text.
    private(set) var lowest = 0.0
    private var text = ""

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        elements[name, default: 0] += 1
        if name == "svg" { height = attributes["height"].flatMap(Double.init) ?? 0 }
        if name == "text" { lowest = max(lowest, attributes["y"].flatMap(Double.init) ?? 0) }
        text = ""
    }

    func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        if name == "style" { style = text } else { texts.insert(text) }
        text = ""
    }
}
