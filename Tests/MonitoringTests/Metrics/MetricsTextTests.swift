import Host
import RefreshCore
import RefreshDaemon
import Testing

@testable import Monitoring

struct MetricsTextTests {
    /// The output of a daemon that has seen some of everything.
    private func sample(_ fleet: FleetSnapshot = Samples.fleet()) throws -> String {
        let recorder = MetricsRecorder()
        for outcome in Samples.outcomes { recorder.report(try Samples.attempted(outcome)) }
        for operation in MeasuredOperation.allCases { recorder.measured(operation, took: .milliseconds(2)) }
        recorder.report(.breaker(.opened(Samples.opening)))
        let process = try #require(ProcessUsage.ofThisProcess(now: Samples.now, sinceBoot: .days(1)))
        return MetricsText.text(recorder.current, fleet, process: process, version: "1.2.3", refusedLogins: 7)
    }

    @Test func `promtool finds no fault with it`() throws {
        let (status, output) = try Promtool.run("check", "metrics", input: try sample())
        #expect(status == 0, "\(output)")
        #expect(output.isEmpty)
    }

    @Test func `promtool would tell of a fault`() throws {
        let text = try sample().replacing("bankrefreshd_attempts_total", with: "bankrefreshd_attempts")
        let (status, output) = try Promtool.run("check", "metrics", input: text)
        #expect(status != 0)
        #expect(output.contains("bankrefreshd_attempts"))
    }

    @Test func `every metric has its family once, and no other is there`() throws {
        let families = try sample().split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
            String($0.split(separator: " ")[2])
        }
        #expect(families == Metric.all.map(\.name))
    }

    @Test(arguments: [
        #"bankrefreshd_attempts_total{outcome="misconfigured"} 1"#,
        #"bankrefreshd_health{level="attention"} 1"#, #"bankrefreshd_finding{finding="parkedForbidden"} 1"#,
        #"bankrefreshd_finding{finding="tokensExpiring"} 2"#, #"bankrefreshd_finding{finding="late"} 0"#,
        #"bankrefreshd_attempts_last_day{outcome="refreshed"} 77"#,
        #"bankrefreshd_attempt_duration_seconds_bucket{le="1.0"} 0"#,
        #"bankrefreshd_attempt_duration_seconds_bucket{le="2.5"} 10"#,
        #"bankrefreshd_attempt_duration_seconds_bucket{le="+Inf"} 10"#,
        "bankrefreshd_attempt_duration_seconds_sum 20.0", "bankrefreshd_attempt_duration_seconds_count 10",
        "bankrefreshd_start_lateness_seconds_sum 30.0",
        "bankrefreshd_last_success_timestamp_seconds 1800000000",
        #"bankrefreshd_users{state="backing_off"} 4"#, #"bankrefreshd_parked_users{reason="refused"} 1"#,
        "bankrefreshd_overdue_users 7", "bankrefreshd_schedule_lag_seconds 90",
        #"bankrefreshd_token_expiry_users{within="7d"} 3"#,
        #"bankrefreshd_renewals_total{result="renewed"} 0"#, "bankrefreshd_renewals_suspended 0",
        #"bankrefreshd_breaker_state{state="closed"} 1"#, #"bankrefreshd_breaker_state{state="open"} 0"#,
        "bankrefreshd_breaker_openings_total 1", "bankrefreshd_last_turn_age_seconds 1.5",
        #"bankrefreshd_store_transaction_seconds_bucket{operation="lease",le="0.005"} 1"#,
        "bankrefreshd_backup_age_seconds 3600", "bankrefreshd_backup_interval_seconds 21600",
        "bankrefreshd_journal_send_seconds_count 1", #"bankrefreshd_build_info{version="1.2.3"} 1"#,
    ])
    func `it holds the line`(line: String) throws {
        #expect(try sample().split(separator: "\n").contains { $0 == line })
    }

    @Test func `what is not known is left out rather than zero`() throws {
        var fleet = Samples.fleet()
        fleet.census = nil
        fleet.expiry = nil
        fleet.sinceLastTurn = nil
        fleet.backup = nil
        let text = try sample(fleet)
        for name in [
            "users", "parked_users", "finding{finding=\"late", "overdue_users", "schedule_lag", "token_expiry",
            "last_turn_age", "backup",
        ] {
            #expect(!text.contains("bankrefreshd_\(name)"), "\(name)")
        }
        #expect(text.contains("bankrefreshd_in_flight 3\n"))
    }

    @Test func `where no backup was ever good, its age counts from when one was wanted`() throws {
        var fleet = Samples.fleet()
        fleet.backup?.last = nil
        #expect(try sample(fleet).contains("bankrefreshd_backup_age_seconds 777600\n"))
    }

    @Test func `nobody waits, nobody is late`() {
        var fleet = Samples.fleet()
        fleet.census?.overdue = 0
        #expect(fleet.scheduleLag == .zero)
    }

    @Test func `labels and help are escaped`() {
        #expect(ExpositionText.escaped("a\\b\"c\nd") == #"a\\b\"c\nd"#)
        var out = ExpositionText()
        out.sample(Metric("a", .gauge, "one\\two\nthree"), 1)
        #expect(out.text.hasPrefix("# HELP a one\\\\two\\nthree\n"))
    }

    @Test func `this process has a start, memory and files`() throws {
        let clock = WallClock()
        let usage = try #require(ProcessUsage.ofThisProcess(now: clock.now, sinceBoot: clock.uptime))
        #expect(usage.startedAt < clock.now)
        #expect(usage.startedAt.duration(to: clock.now) < .days(1))
        #expect(usage.residentBytes > 1_000_000)
        #expect(usage.processorTime > .zero)
        #expect((3...65_536).contains(usage.openFiles))
    }
}
