import Testing

@testable import RefreshConfiguration
@testable import RefreshCore

struct AlertSettingsTests {
    private func text(_ alerts: String) -> String {
        "{\"api\": {\"environment\": \"sandbox\"},\n\"alerts\": {\(alerts)}}"
    }

    private func problems(_ alerts: String) -> [String] {
        let thrown = #expect(throws: ConfigurationProblems.self) { _ = try Configuration(text: text(alerts)) }
        return thrown?.problems.map { "\($0.path): \($0.reason)" } ?? []
    }

    @Test func `reads every alert in its own unit, and writes it back`() throws {
        let configuration = try Configuration(
            text: text(
                """
                "window": "30m", "minimumUsers": 20,
                "rejected": {"share": 0.5, "end": 0.25, "for": "0s"}, "refused": {"share": null},
                "stale": {"turns": 1.5}, "expiring": {"within": "7d", "users": 10, "end": 5},
                "late": {"lag": "90m", "end": "30m"}
                """))
        let alerts = configuration.alerts
        #expect(alerts.isEnabled && alerts.window == .minutes(30) && alerts.minimumUsers == 20)
        #expect(alerts[.rejected] == AlertRule(threshold: 0.5, end: 0.25, hold: .zero))
        #expect(alerts[.refused].threshold == nil)
        #expect(alerts[.api] == AlertPolicy()[.api])
        #expect(alerts.staleTurns == 1.5)
        #expect(alerts.expiringWithin == .days(7))
        #expect(alerts[.expiring] == AlertRule(threshold: 10, end: 5, hold: .minutes(15)))
        #expect(alerts[.late] == AlertRule(threshold: 5_400, end: 1_800, hold: .minutes(15)))
        #expect(try Configuration(text: configuration.text) == configuration)
    }

    @Test func `all of them can be switched off at once`() throws {
        let alerts = try Configuration(text: text("\"enabled\": false")).alerts
        #expect(AlertKind.allCases.allSatisfy { alerts[$0].threshold == nil })
    }

    @Test(arguments: [
        ("\"rejected\": {\"end\": 0.2}", ["alerts.rejected.end: end (0.2) is not below share (0.2)"]),
        ("\"failing\": {\"share\": 0.1}", ["alerts.failing.share: end (0.15) is not below share (0.1)"]),
        ("\"expiring\": {\"end\": 3}", ["alerts.expiring.end: end (3) is not below users (1)"]),
        ("\"late\": {\"lag\": \"10m\"}", ["alerts.late.lag: end (15m) is not below lag (10m)"]),
        ("\"stale\": {\"share\": null, \"end\": 1}", []),
        ("\"enabled\": false, \"api\": {\"end\": 1}", ["alerts.api.end: end (1) is not below share (0.2)"]),
        ("\"enabled\": \"yes\"", ["alerts.enabled: true or false is expected, not a text"]),
        ("\"api\": {\"share\": 20}", ["alerts.api.share: too large"]),
        ("\"lateness\": {}", ["alerts.lateness: no such key"]),
    ])
    func `an alert that would come and go is refused, and so is what is no alert`(alerts: String, expected: [String]) {
        if expected.isEmpty {
            #expect(throws: Never.self) { try Configuration(text: text(alerts)) }
        } else {
            #expect(problems(alerts) == expected)
        }
    }
}
