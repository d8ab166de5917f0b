import FleetMetrics
@testable import RefreshCore
import Testing

@testable import WebPage

struct FindingsTests {
    private func titles(_ scene: Scene) -> [String] { scene.overview.findings.map(\.title) }

    @Test(
        arguments: [
            (.fresh, .well, "All is well: 100,000 of 100,000 users are fresh"),
            (.well, .note, "All is well: 99,993 of 100,000 users are fresh"),
            (.outage, .trouble, "Tight is not well: nobody is called until 12:56 UTC"),
            (.parked, .attention, "7,412 users are parked: token refused"),
            (.late, .trouble, "The schedule is 1 h 44 min late"),
            (.empty, .well, "No users yet"),
            (.storeDown, .trouble, "The scheduler stands still"),
            (.storeFull, .trouble, "The store does not work"),
            (.paused, .attention, "All calls are paused"),
        ] as [(Scene, Finding.Level, String)])
    func `the headline says the worst, or that all is well`(scene: Scene, level: Finding.Level, headline: String) {
        #expect(scene.overview.level == level)
        #expect(scene.overview.headline == headline)
    }

    @Test(arguments: Scene.allCases) func `the worst comes first, and what is for a person has a command`(scene: Scene)
    {
        let findings = scene.overview.findings
        #expect(zip(findings, findings.dropFirst()).allSatisfy { $0.level >= $1.level })
        #expect(findings.allSatisfy { $0.command != nil && $0.detail.hasSuffix(".") || $0.detail.hasSuffix(" ID") })
    }

    @Test func `a wrong configuration is not blamed on Tight`() {
        var fleet = Scene.well.fleet
        fleet.breaker = .open(
            Breaker.Opening(cause: .misconfigured(.status(404)), at: Scene.now, pause: .seconds(30), count: 1))
        let overview = Overview(fleet, Tallies(), title: nil, version: "1", since: Scene.now)
        #expect(overview.headline.hasPrefix("The configuration is wrong: nobody is called until "))
    }

    @Test func `a proxy is blamed for what it does, and the command that shows it is named`() {
        for (cause, headline) in [
            (Breaker.Cause.probeFailed(.unavailable(.proxy(.noAnswer))), "The proxy lets nothing through: "),
            (.misconfigured(.proxy(.credentialsMissing)), "The configuration is wrong: "),
        ] {
            var fleet = Scene.well.fleet
            fleet.breaker = .open(Breaker.Opening(cause: cause, at: Scene.now, pause: .seconds(30), count: 1))
            let overview = Overview(fleet, Tallies(), title: nil, version: "1", since: Scene.now)
            #expect(overview.headline.hasPrefix(headline))
            #expect(overview.findings.first?.command == "bankrefreshd check-config --connect")
        }
    }

    @Test func `who waits because all wait is not told twice`() {
        #expect(!titles(.outage).contains { $0.contains("late") })
        var fleet = Scene.late.fleet
        fleet.pause = FleetPause(until: nil)
        let overview = Overview(fleet, Tallies(), title: nil, version: "1", since: Scene.now)
        #expect(
            overview.headline == "The configuration file was refused" || overview.headline == "All calls are paused")
        #expect(!overview.findings.contains { $0.title.contains("late") })
    }

    @Test func `a share of failures counts once there are enough calls`() {
        func finding(failed: Int, of calls: Int) -> Finding? {
            var quarter = QuarterHour(number: 1)
            quarter.outcomes[.rejected] = failed
            quarter.outcomes[.refreshed] = calls - failed
            return Findings(fleet: Scene.fresh.fleet, tallies: Tallies(), lastHour: [quarter]).list.first
        }
        #expect(finding(failed: 10, of: 19) == nil)
        #expect(finding(failed: 4, of: 20) == nil)
        #expect(finding(failed: 5, of: 20)?.title == "25 % of the last hour's calls failed")
    }

    @Test func `what is parked needs many before it is more than a note`() {
        #expect(Scene.well.overview.findings.map(\.level) == [.note])
        #expect(Scene.parked.overview.findings.first?.level == .attention)
    }

    @Test(arguments: [
        (0, 10, "0 %"), (10, 10, "100 %"), (1, 100_000, "< 0.1 %"), (99_999, 100_000, "> 99.9 %"), (1, 3, "33 %"),
        (25, 1_000, "2.5 %"), (995, 1_000, "99.5 %"), (0, 0, "0 %"),
    ])
    func `nearly all is not all`(part: Int, whole: Int, text: String) {
        #expect(Words.percent(part, of: whole) == text)
    }

    @Test(arguments: [
        (0, [0, 1]), (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (5, [0, 2, 4, 6]), (1_066, [0, 500, 1_000, 1_500]),
        (99, [0, 50, 100]), (1_000_001, [0, 500_000, 1_000_000, 1_500_000]),
    ])
    func `axes have round numbers`(greatest: Int, ticks: [Int]) {
        #expect(Scale(holding: greatest, intervals: 4).ticks == ticks)
    }

    @Test func `the greatest number there is has an axis`() {
        #expect(Scale(holding: .max, intervals: 4).ticks.count > 1)
    }

    @Test func `hours are whole in a curve by hours`() {
        let bars = LoadCurve.bars(of: Scene.well.overview, quartersPerBar: 4)
        #expect(bars.allSatisfy { $0.from.duration(to: $0.to) == .hours(1) })
        #expect((27...28).contains(bars.count))
        #expect(bars.filter(\.isAhead).allSatisfy { $0.called == 0 && $0.planned != nil })
    }
}
