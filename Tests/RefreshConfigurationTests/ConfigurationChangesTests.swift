import RefreshCore
import Testing

@testable import RefreshConfiguration

struct ConfigurationChangesTests {
    private func configuration(_ rest: String) throws -> Configuration {
        try Configuration(text: "{\"api\": {\"environment\": \"sandbox\"}, \(rest)}")
    }

    @Test func `nothing changes when a default is written out`() throws {
        #expect(try configuration("\"schedule\": {\"every\": \"1440m\"}").changes(from: .default).isEmpty)
    }

    @Test func `tells each change, and which need a restart`() throws {
        let new = try Configuration(
            text: """
                {"api": {"baseURL": "http://localhost:1", "timeout": "2m"},
                 "store": {"key": {"file": "/k"}}, "control": {"socket": "/c"},
                 "schedule": {"every": "12h"}, "limits": {"requestsPerSecond": 5}}
                """
        )
        let changes = new.changes(from: .default)
        #expect(
            changes.map(\.description) == [
                "api.environment: sandbox → none", "api.baseURL: none → http://localhost:1",
                "api.timeout: 3m → 2m",
                "store.key: {\"credential\": \"store-key\"} → {\"file\": \"/k\"}", "schedule.every: 1d → 12h",
                "limits.requestsPerSecond: 20 → 5", "control.socket: /run/bankrefreshd/control.sock → /c",
            ]
        )
        #expect(changes.map(\.needsRestart) == [true, true, false, true, false, false, true])
    }

    @Test func `what needs a restart stays as it is until then`() throws {
        let new = try Configuration(
            text: """
                {"api": {"baseURL": "http://localhost:1", "timeout": "2m"}, "control": {"socket": "/c"},
                 "schedule": {"every": "12h"}, "groups": {"g": {"every": "7d"}}}
                """
        )
        let live = new.keepingRestartSettings(of: .default)
        #expect(
            live.changes(from: .default).map(\.path) == ["api.timeout", "schedule.every", "groups.g"]
        )
        #expect(new.changes(from: live).map(\.needsRestart) == [true, true, true])
    }

    @Test func `tells groups that came, went, changed or follow everybody again`() throws {
        let old = try configuration(
            "\"groups\": {\"a\": {\"every\": \"7d\"}, \"b\": {\"every\": \"2d\", \"attemptsPerDay\": 2}}"
        )
        let new = try configuration(
            "\"groups\": {\"b\": {\"every\": \"3d\"}, \"c\": {\"backoff\": {\"failure\": {\"first\": \"1h\"}}}}"
        )
        #expect(
            new.changes(from: old).map(\.description) == [
                "groups.a: {\"every\": \"7d\"} → none", "groups.b.every: 2d → 3d",
                "groups.b.attemptsPerDay: 2 → as everybody",
                "groups.c: none → {\"backoff\": {\"failure\": {\"first\": \"1h\"}}}",
            ]
        )
    }

    @Test func `a change for everybody is told once, not in each group`() throws {
        let old = try configuration("\"groups\": {\"a\": {\"attemptsPerDay\": 3}}")
        let new = try configuration(
            "\"schedule\": {\"every\": \"48h\"}, \"groups\": {\"a\": {\"attemptsPerDay\": 3}}"
        )
        #expect(new.changes(from: old).map(\.description) == ["schedule.every: 1d → 2d"])
    }
}
