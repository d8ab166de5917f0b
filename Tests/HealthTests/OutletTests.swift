import Foundation
import RefreshCore
import RefreshDaemon
import Testing

@testable import Monitoring
@testable import bankrefreshd

/// Everything that shows how all is, in one situation after the other: each outlet gives its answer, and none contradicts
/// another.
struct OutletTests {
    private func report(_ situation: Situation) -> StatusReport { StatusReport(situation.snapshot, version: "1.2.3") }

    private func overview(_ situation: Situation) -> Overview {
        Overview(situation.snapshot, Tallies(), title: nil, version: "1.2.3")
    }

    private func screen(_ situation: Situation) -> [String] {
        let screen = StatusScreen(
            status: report(situation), history: RateHistory(barLength: .seconds(5)), now: Situation.now)
        return screen.lines(within: TerminalSize(columns: 200, rows: 80)).map { $0.label + $0.text }
    }

    private func metrics(_ situation: Situation) -> [Substring] {
        MetricsText.text(Tallies(), situation.snapshot, process: nil, version: "1.2.3", refusedLogins: 7).split(
            separator: "\n")
    }

    private func json(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    @Test func `there are situations enough, each with a name of its own`() {
        #expect(Situation.all.count >= 25)
        #expect(Set(Situation.all.map(\.name)).count == Situation.all.count)
        let kinds = Set(Situation.all.flatMap(\.findings))
        // Alerts that differ in their kind alone are one situation.
        let alike: Set<Health.Finding.Kind> = [
            .alertAPI, .alertRefused, .alertRefusedCalls, .alertStale, .parkedRefused,
        ]
        #expect(kinds.union(alike) == Set(Health.Finding.Kind.allCases))
    }

    @Test func `no key is rotated where nobody can tell who works with the store`() throws {
        var snapshot = Situation.calm
        snapshot.isCountMissing = true
        let late = StatusReport(snapshot, version: "1")
        #expect(Status.text(late).contains("not known: no count from the store in time\n"))
        let failure = #expect(throws: CommandFailure.self) { try KeyRotate.checkAlone(late) }
        #expect(
            failure?.message == "which daemons work with the store is not known: no count from the store in time; "
                + "nothing was changed")
        snapshot.storeFailure = FleetSnapshot.StoreFailure(text: "it is gone", remedy: "look", since: Situation.now)
        let gone = StatusReport(snapshot, version: "1")
        #expect(Status.text(gone).contains("not known: the store does not answer\n"))
        #expect(throws: CommandFailure.self) { try KeyRotate.checkAlone(gone) }
        // Before its first heartbeat a daemon knows of nobody, itself included.
        let unheard = StatusReport(Situation.calm, version: "1")
        #expect(throws: CommandFailure.self) { try KeyRotate.checkAlone(unheard) }
        snapshot = Situation.calm
        snapshot.phase = .down
        #expect(throws: Never.self) { try KeyRotate.checkAlone(StatusReport(snapshot, version: "1")) }
    }

    @Test(arguments: Situation.all) func `the judge says what it is to say`(situation: Situation) {
        let health = Health(situation.snapshot)
        #expect(health.level == situation.level)
        #expect(health.headline == situation.headline)
        #expect(health.summary.hasPrefix(situation.status), "\(health.summary)")
        #expect(health.readiness.isGood == situation.isReady)
        #expect(health.liveness.isGood == situation.isLive)
        #expect(health.findings.map(\.kind) == situation.findings)
    }

    @Test func `attempts of a time when the clock was ahead are none of the last hour or day`() {
        var snapshot = Situation.calm
        let now = snapshot.tallies ?? []
        let later = Situation.now.advanced(by: .days(365))
        snapshot.tallies = now + [AttemptTally(from: later, counts: [.misconfigured: 4_500])]
        #expect(snapshot.lastHour == now.counts && snapshot.lastDay == now.counts)
        #expect(!Health(snapshot).findings.contains { $0.kind == .callsFailing })
        let metrics = MetricsText.text(Tallies(), snapshot, process: nil, version: "1", refusedLogins: 0)
        #expect(!metrics.contains("4500"))
    }

    @Test func `the next call waits for the breaker and for what Tight asked, whichever ends later`() {
        for (pause, wait) in [(Duration.minutes(8), Duration.minutes(60)), (.minutes(60), .minutes(8))] {
            var snapshot = Situation.calm
            // It opened two minutes ago.
            snapshot.breaker = .open(
                Situation.opening(.misconfigured(.status(404)), pause: pause + .minutes(2)))
            snapshot.throttling = Throttling.Pause(at: Situation.now, length: wait, users: 3, wasAsked: true)
            let line = Health(snapshot).summary
            #expect(line.hasSuffix("next call \(Situation.now.advanced(by: .minutes(60)))"), "\(line)")
        }
    }

    @Test(arguments: Situation.all) func `every outlet shows what the judge says`(situation: Situation) throws {
        let health = Health(situation.snapshot)
        let report = report(situation)
        #expect(report.summary == health.summary)

        let status = try json(JSONText.of(report))
        let told = try #require(status["health"] as? [String: Any])
        #expect(told["level"] as? String == health.level.rawValue)
        #expect(told["headline"] as? String == health.headline)
        let findings = try #require(told["findings"] as? [[String: String]])
        #expect(findings.map { $0["title"] } == health.findings.map(\.title))
        #expect(findings.map { $0["command"] } == health.findings.map(\.command))

        let text = Status.text(report)
        #expect(text.hasPrefix("bankrefreshd 1.2.3  \(health.summary)\n"))
        let row = text.split(separator: "\n").first { $0.hasPrefix("health ") }
        #expect(row?.hasSuffix("  \(health.headline)") == true)

        let screen = screen(situation)
        #expect(screen[1] == health.headline)

        let page = PageDocument.html(overview(situation))
        #expect(page.contains("<h2>\(HTML.escaped(health.headline))</h2>"))
        #expect(page.contains("<div class=\"banner \(health.level.rawValue)\">"))
        let data = try json(OverviewJSON.encoded(overview(situation)))
        let shown = try #require(data["health"] as? [String: String])
        #expect(shown == ["level": health.level.rawValue, "headline": health.headline])

        for finding in health.findings {
            let isHeadline = finding.title == health.headline
            #expect(text.contains(isHeadline ? finding.detail : finding.title), "status: \(finding.title)")
            #expect(text.contains("(\(finding.command))"), "status: \(finding.title)")
            #expect(screen.contains { $0.contains(isHeadline ? finding.detail : finding.title) }, "\(finding.title)")
            #expect(screen.contains { $0.hasSuffix("(\(finding.command))") }, "watch: \(finding.title)")
            #expect(page.contains(HTML.escaped(finding.title)) && page.contains(HTML.escaped(finding.detail)))
        }

        let metrics = metrics(situation)
        for level in Health.Severity.allCases {
            #expect(
                metrics.contains("bankrefreshd_health{level=\"\(level.rawValue)\"} \(level == health.level ? 1 : 0)"))
        }
        for kind in Health.Finding.Kind.allCases where situation.snapshot.census != nil {
            let value = health.finding(kind).map { [.note: 1, .attention: 2, .trouble: 3][$0.level] ?? 0 } ?? 0
            #expect(metrics.contains("bankrefreshd_finding{finding=\"\(kind.rawValue)\"} \(value)"))
        }
    }

    @Test(arguments: Situation.all) func `no outlet contradicts another`(situation: Situation) {
        let health = Health(situation.snapshot)
        // What is not ready or does not live is in no outlet well.
        // But a host without a daemon whose users others refresh: nothing suffers.
        let isDoneElsewhere = situation.snapshot.phase == .down && situation.snapshot.fleet != nil
        if !health.liveness.isGood, !isDoneElsewhere {
            #expect(health.level == .trouble && !health.readiness.isGood)
        }
        if !health.readiness.isGood, !isDoneElsewhere {
            #expect([.starting, .stopping, .trouble].contains(health.level))
        }
        // What somebody has to look at is hidden by no good word, and named in the line for the service manager.
        if health.level >= .attention {
            let outlets = [
                health.summary, health.headline, Status.text(report(situation)), screen(situation).joined(),
                PageDocument.html(overview(situation)),
            ]
            for outlet in outlets { #expect(!outlet.contains("All is well") && !outlet.contains("ealthy")) }
            #expect(health.summary.wholeMatch(of: /Refreshing, \d+ in flight(, next call \S+)?/) == nil)
        } else {
            #expect(health.findings.allSatisfy { $0.level == .note })
        }
        #expect(health.findings.allSatisfy { $0.level >= .note && !$0.command.isEmpty && $0.detail.hasSuffix(".") })
        #expect(zip(health.findings, health.findings.dropFirst()).allSatisfy { $0.level >= $1.level })
        #expect(Set(health.findings.map(\.kind)).count == health.findings.count)
        // Nobody is told of a next call while nobody is called.
        if situation.snapshot.storeFailure != nil || situation.snapshot.phase == .stopping {
            #expect(!health.summary.contains("next call"))
        }
        // A store in trouble is told by both checks, though a restart does not fix it.
        if let failure = situation.snapshot.storeFailure, situation.snapshot.phase != .stopping {
            #expect(health.liveness.words.contains(failure.sentence))
            #expect(health.readiness.words.contains(failure.sentence))
        }
    }

    @Test(arguments: [20, 40, 80]) func `what is wrong is told in full on a narrow terminal`(columns: Int) throws {
        let situation = try #require(Situation.all.first { $0.name == "backups fail" })
        let screen = StatusScreen(
            status: report(situation), history: RateHistory(barLength: .seconds(5)), now: Situation.now)
        let lines = screen.lines(within: TerminalSize(columns: columns, rows: 80)).map { $0.label + $0.text }
        let words = lines.joined(separator: " ").split(separator: " ").joined(separator: " ")
        #expect(words.contains(try #require(Health(situation.snapshot).findings.first).detail))
        #expect(lines.allSatisfy { $0.columns <= columns })
    }

    @Test(arguments: [ParkReason.unauthorized, .forbidden, .refused])
    func `many who are parked for one reason come with the command that calls all of them again`(
        reason: ParkReason
    ) throws {
        var snapshot = Situation.calm
        Situation.parked(200, reason)(&snapshot)
        let finding = try #require(Health(snapshot).findings.first)
        #expect(finding.detail.contains("bankrefreshd users resume --reason \(reason.rawValue)."))
    }

    @Test func `page and status agree on the last day, before and after a restart`() throws {
        var snapshot = Situation.calm
        snapshot.tallies = [
            AttemptTally(from: Situation.ago(.hours(20)), counts: [.refreshed: 400, .unknown: 1]),
            AttemptTally(from: Situation.ago(.minutes(10)), counts: [.refreshed: 80]),
        ]
        for isRestarted in [false, true] {
            if isRestarted { (snapshot.outcomes, snapshot.since) = ([:], Situation.ago(.seconds(2))) }
            let report = StatusReport(snapshot, version: "1")
            let data = try json(OverviewJSON.encoded(Overview(snapshot, Tallies(), title: nil, version: "1")))
            let shown = try #require(data["outcomesLastDay"] as? [String: Int])
            #expect(report.outcomesLastDay == ["refreshed": 480, "unknown": 1])
            #expect(shown.filter { $0.value > 0 } == report.outcomesLastDay)
            let curve = try #require(data["curve"] as? [[String: Any]])
            #expect(curve.compactMap { $0["called"] as? Int }.reduce(0, +) == 481)
            #expect(report.outcomesLastHour == ["refreshed": 80])
        }
    }
}
