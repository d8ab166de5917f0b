import Foundation
import Testing

@testable import RefreshConfiguration

struct ConfigurationProblemTests {
    private let problems = [
        ConfigurationProblem(
            .badValue,
            at: SettingPath("schedule", "every"),
            position: TextPosition(line: 4, column: 14),
            value: "\"5 minuts\"",
            reason: "not a time span",
            suggestion: "write \"5m\""
        ),
        ConfigurationProblem(.file, reason: "the file is empty"),
    ]

    @Test func `reads as one line each, in the order of the file`() {
        #expect(
            problems[0].description
                == "line 4, column 14: schedule.every is \"5 minuts\": not a time span; write \"5m\""
        )
        #expect(
            ConfigurationProblems(problems)?.text(file: "/etc/c.json") == """
                2 problems in /etc/c.json:
                /etc/c.json: the file is empty
                /etc/c.json:4:14: schedule.every is "5 minuts": not a time span; write "5m"

                """
        )
        #expect(ConfigurationProblems([]) == nil)
    }

    @Test func `has a form for programs that loses nothing`() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let data = try encoder.encode(problems)
        #expect(try JSONDecoder().decode([ConfigurationProblem].self, from: data) == problems)
        #expect(
            String(decoding: try encoder.encode(problems[0]), as: UTF8.self)
                == #"{"column":14,"kind":"badValue","line":4,"path":"schedule.every","#
                + #""reason":"not a time span","suggestion":"write \"5m\"","value":"\"5 minuts\""}"#
        )
    }

    @Test func `shows keys from outside without what a terminal acts on`() {
        let path = SettingPath("groups", "a\u{1B}[31m\nb", "every")
        #expect(path.description == "groups[\"a [31m b\"].every")
        #expect(SettingPath(String(repeating: "k", count: 1_000)).description.count < 80)
        #expect(SettingPath("groups", "a.b").description == "groups[\"a.b\"]")
    }
}
