import RefreshCore
import Testing

@testable import RefreshConfiguration

struct WindowSettingsTests {
    private func file(_ rest: String) -> String {
        "{\"api\": {\"environment\": \"sandbox\"},\n\(rest.replacing("BERLIN", with: "\"Europe/Berlin\""))}"
    }

    private func problems(_ rest: String) -> [ConfigurationProblem] {
        let text = file(rest)
        let thrown = #expect(throws: ConfigurationProblems.self) { _ = try Configuration(text: text) }
        return thrown?.problems ?? []
    }

    @Test func `reads a window, for everybody and for groups, and writes it back`() throws {
        let configuration = try Configuration(
            text: file(
                """
                "schedule": {"window": {"from": "01:00", "to": "05:30", "zone": BERLIN}, "every": "2d"},
                "groups": {"late": {"window": {"from": "22:00", "to": "04:00", "zone": "UTC"}},
                           "any": {"window": null, "every": "6h"}, "same": {"every": "7d"}}
                """))
        let policies = configuration.policies
        let window = try #require(policies.standard.cadence.window)
        #expect(policies.standard.cadence.every == .days(2))
        #expect([window.from, window.to].map(\.description) == ["01:00", "05:30"])
        #expect(window.zone == (try ZoneDatabase().rules(of: "Europe/Berlin")))
        func group(_ name: String) -> Cadence? { GroupName(name).flatMap { policies.groups[$0]?.cadence } }
        let late = try #require(group("late")?.window)
        #expect([late.from, late.to].map(\.description) == ["22:00", "04:00"])
        #expect(group("late")?.every == .days(2))
        #expect(group("any") == Cadence(every: .hours(6)))
        #expect(group("same") == Cadence(every: .days(7), window: window))
        #expect(try Configuration(text: configuration.text) == configuration)
    }

    @Test(
        arguments: [
            ("{\"from\": \"1:00\", \"to\": \"05:30\", \"zone\": BERLIN}", .badValue, "write \"01:00\""),
            ("{\"from\": \"01:00\", \"to\": \"24:00\", \"zone\": BERLIN}", .badValue, "write \"00:00\""),
            ("{\"from\": \"22\", \"to\": \"04:00\", \"zone\": BERLIN}", .badValue, "write \"22:00\""),
            ("{\"from\": \"25:00\", \"to\": \"04:00\", \"zone\": BERLIN}", .badValue, "write hour and minute"),
            ("{\"from\": 1, \"to\": \"04:00\", \"zone\": BERLIN}", .wrongType, "write {\"from\""),
            ("{\"from\": \"01:00\", \"to\": \"04:00\"}", .missingKey, "write {\"from\""),
            ("{\"form\": \"01:00\", \"to\": \"04:00\", \"zone\": BERLIN}", .unknownKey, "did you mean \"from\"?"),
            ("{\"from\": \"01:00\", \"to\": \"01:00\", \"zone\": BERLIN}", .badValue, "omit the window"),
            (
                "{\"from\": \"01:00\", \"to\": \"02:00\", \"zone\": \"Berlin\"}", .badValue,
                "did you mean \"Europe/Berlin\"?"
            ),
            ("{\"from\": \"01:00\", \"to\": \"02:00\", \"zone\": \"Mars/Olympus\"}", .badValue, nil),
            ("\"01:00-05:30\"", .wrongType, nil), ("[]", .wrongType, nil),
        ] as [(String, ConfigurationProblem.Kind, String?)])
    func `says what is wrong with a window, and what to write`(
        window: String, kind: ConfigurationProblem.Kind, suggestion: String?
    ) throws {
        let problems = problems("\"schedule\": {\"window\": \(window)}")
        let problem = try #require(problems.first)
        #expect(problems.count == 1)
        #expect(problem.path == "schedule.window")
        #expect(problem.kind == kind)
        #expect(problem.line == 2)
        if let suggestion { #expect(problem.suggestion?.hasPrefix(suggestion) == true, "\(problem)") }
    }

    @Test(arguments: [
        ("\"every\": \"6h\"", "schedule.every", "set every to 1d, or omit the window"),
        ("\"every\": \"36h\"", "schedule.every", "set every to 1d or 2d, or omit the window"),
        (
            "\"minimumInterval\": \"23h\"", "schedule.minimumInterval",
            "with a window and every 1d, lower minimumInterval to 22h"
        ),
        ("\"attemptsPerDay\": 1", "schedule.attemptsPerDay", "with a window, raise attemptsPerDay to 2"),
    ])
    func `tells what does not go together with a window`(rest: String, path: String, suggestion: String) {
        let window = "\"window\": {\"from\": \"01:00\", \"to\": \"05:30\", \"zone\": BERLIN}"
        let problems = problems("\"schedule\": {\(window), \(rest)}")
        #expect(problems.map(\.path) == [path])
        #expect(problems.map(\.suggestion) == [suggestion])
        // A group that inherits one half and sets the other.
        let inherited = self.problems("\"schedule\": {\(rest)}, \"groups\": {\"g\": {\(window)}}")
        #expect(inherited.map(\.path) == ["groups.g.window"])
    }

    @Test func `a group that only sets every must leave room for days on which the clock is set, too`() {
        let window = "\"window\": {\"from\": \"01:00\", \"to\": \"05:30\", \"zone\": BERLIN}"
        let problems = problems(
            "\"schedule\": {\"every\": \"7d\", \"minimumInterval\": \"1d\", \(window)},\n"
                + "\"groups\": {\"g\": {\"every\": \"1d\"}}")
        #expect(problems.map(\.path) == ["groups.g.every"])
        #expect(problems.map(\.kind) == [.contradiction])
        #expect(problems.map(\.suggestion) == ["with a window and every 1d, lower minimumInterval to 22h"])
    }

    @Test func `a change of the window is told, and takes effect at a reload`() throws {
        let old = try Configuration(text: file("\"schedule\": {}"))
        let new = try Configuration(
            text: file("\"schedule\": {\"window\": {\"from\": \"01:00\", \"to\": \"05:30\", \"zone\": \"UTC\"}}"))
        let changes = new.changes(from: old)
        #expect(
            changes.map(\.description) == [
                "schedule.window: none → {\"from\": \"01:00\", \"to\": \"05:30\", \"zone\": \"UTC\"}"
            ])
        #expect(changes.map(\.needsRestart) == [false])
        #expect(new.keepingRestartSettings(of: old).policies.standard.cadence.window != nil)
    }
}
