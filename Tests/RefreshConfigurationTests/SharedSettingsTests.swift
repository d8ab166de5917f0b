import RefreshCore
import Testing

@testable import RefreshConfiguration

/// What daemons of one store follow, whatever their files say.
@Suite struct SharedSettingsTests {
    private func settings(_ sections: String) throws -> SharedSettings {
        SharedSettings(of: try configuration(sections))
    }

    private func configuration(_ sections: String) throws -> Configuration {
        let others = sections.isEmpty ? "" : ", \(sections)"
        return try Configuration(text: #"{ "api": { "environment": "sandbox" }\#(others) }"#)
    }

    // MARK: Which they are

    @Test(arguments: [
        #""schedule": { "every": "24h" }"#, #""schedule": { "every": "1440m" }"#,
        #""web": { "listen": "127.0.0.1:9477" }"#, #""store": { "sqlite": { "path": "/elsewhere" } }"#,
        #""control": { "socket": "/run/elsewhere.sock" }"#, #""alerts": { "window": "2h" }"#,
        #""limits": { "drain": "1m" }"#,
    ])
    func `what concerns one daemon alone, or is the default, is none of them`(sections: String) throws {
        #expect(try settings(sections) == settings(""))
        #expect(try settings(sections).text == settings("").text)
    }

    @Test(arguments: [
        (#""schedule": { "every": "12h" }"#, "schedule.every", "12h", "1d"),
        (#""schedule": { "minimumInterval": "300m" }"#, "schedule.minimumInterval", "5h", "6h"),
        (#""schedule": { "attemptsPerDay": 5 }"#, "schedule.attemptsPerDay", "5", "4"),
        (#""limits": { "requestsPerSecond": 3 }"#, "limits.requestsPerSecond", "3", "20"),
        (#""limits": { "throttling": { "users": 4 } }"#, "limits.throttling.users", "4", "3"),
        (#""backoff": { "outage": { "first": "31s" } }"#, "backoff.outage.first", "31s", "30s"),
        (#""breaker": { "probes": 4 }"#, "breaker.probes", "4", "3"),
        (#""history": { "keep": 4 }"#, "history.keep", "4", "100"),
        (#""groups": { "gold": { "every": "6h" } }"#, "groups.gold", #"{"every": "6h"}"#, "none"),
    ])
    func `what all daemons do alike is told by its path, with both values`(
        sections: String, path: String, value: String, standard: String
    ) throws {
        let differences = try settings(sections).differences(from: settings(""))
        #expect(differences == [SettingDifference(path: path, file: value, fleet: standard)])
    }

    @Test func `the address is one of them, and no change of a file changes it`() throws {
        let sandbox = try settings("")
        let production = SharedSettings(of: try Configuration(text: #"{ "api": { "environment": "production" } }"#))
        #expect(sandbox != production && sandbox.text != production.text)
        #expect(production.server == "https://prod.hurdlr.com/rest")
        #expect(try SharedSettings(text: production.text) == production)
        #expect(try sandbox.taking(changesFrom: sandbox, to: production) == sandbox)
    }

    @Test func `a daemon follows the fleet's, and keeps what is its own`() throws {
        let fleet = try settings(
            #""schedule": { "every": "12h" }, "groups": { "gold": { "every": "8h" } }, "limits": { "drain": "9s" }"#)
        let own = try configuration(
            #""schedule": { "every": "6h" }, "limits": { "drain": "1m" }, "web": { "listen": "127.0.0.1:9477" }"#)
        let followed = own.following(fleet)
        #expect(SharedSettings(of: followed) == fleet)
        #expect(followed.drain == .minutes(1) && followed.web == own.web)
        #expect(followed.policies.standard.cadence.every == .hours(12))
    }

    // MARK: What a reload makes of them

    private static let everything = #"""
        "schedule": { "every": "2d", "window": { "from": "22:00", "to": "05:00", "zone": "UTC" }, "minimumInterval": "7h",
            "attemptsPerDay": 9 },
        "limits": { "concurrency": { "min": 2, "max": 9 }, "requestsPerSecond": 0.25 },
        "groups": { "a.b": {}, "gold": { "backoff": { "failure": { "first": "1h" } } } }
        """#

    @Test(arguments: ["", everything])
    func `the text that is stored means the same`(sections: String) throws {
        let settings = try settings(sections)
        #expect(try SharedSettings(text: settings.text) == settings)
        #expect(try SharedSettings(text: settings.text).text == settings.text)
    }

    @Test func `of a file is taken what changed in it, and nothing else`() throws {
        let fleet = try settings(
            #""schedule": { "minimumInterval": "12h" }, "groups": { "gold": { "every": "12h" }, "old": {} }"#)
        let before = try settings(
            #""limits": { "burst": 7 }, "groups": { "gold": { "attemptsPerDay": 7 }, "old": {}, "same": {} }"#)
        let after = try settings(
            #"""
            "limits": { "burst": 8 }, "schedule": { "attemptsPerDay": 5 },
            "groups": { "gold": { "attemptsPerDay": 8 }, "new": { "every": "36h" }, "same": {} }
            """#)
        let merged = try fleet.taking(changesFrom: before, to: after)
        let expected = try settings(
            #"""
            "limits": { "burst": 8 }, "schedule": { "minimumInterval": "12h", "attemptsPerDay": 5 },
            "groups": { "gold": { "every": "12h", "attemptsPerDay": 8 }, "new": { "every": "36h" } }
            """#)
        #expect(merged.differences(from: expected).isEmpty)
        #expect(merged == expected)
        #expect(try fleet.taking(changesFrom: after, to: after) == fleet)
    }

    @Test func `values that do not go together are refused, and named`() throws {
        let fleet = try settings(#""schedule": { "every": "24h", "minimumInterval": "12h" }"#)
        let before = try settings("")
        let after = try settings(#""schedule": { "every": "8h" }"#)
        do {
            _ = try fleet.taking(changesFrom: before, to: after)
            Issue.record("taken")
        } catch {
            #expect(error.problems.map(\.path) == ["schedule.minimumInterval"])
            #expect(error.problems[0].reason == "minimumInterval (12h) is longer than every (8h)")
        }
    }

    // MARK: Other versions

    @Test func `keys of a newer version are kept while they are at their defaults, and refused otherwise`() throws {
        let text = try settings(Self.everything).text
        let newer = text.replacing(#""values": {"#, with: #""values": {"schedule.pace": "soon", "#)
        let taken = try SharedSettings(text: newer)
        #expect(try taken.differences(from: settings(Self.everything)).isEmpty)
        #expect(taken.text.contains(#""schedule.pace": "soon""#))
        let changed = try taken.taking(
            changesFrom: settings(""), to: settings(#""limits": { "burst": 8 }"#))
        #expect(changed.text.contains(#""schedule.pace": "soon""#))

        let set = newer.replacing(#""set": ["#, with: #""set": ["schedule.pace", "#)
        #expect(throws: SharedSettings.Problem(description: "schedule.pace: no such key")) {
            try SharedSettings(text: set)
        }
        let group = text.replacing(#""gold": {"#, with: #""gold": {"pace": "soon", "#)
        #expect(throws: SharedSettings.Problem(description: "groups.gold.pace: no such key")) {
            try SharedSettings(text: group)
        }
    }

    @Test func `a key that an older version did not write is at its default`() throws {
        let text = try settings("").text.replacing(#""limits.burst": 20, "#, with: "")
        #expect(try SharedSettings(text: text) == settings(""))
    }

    @Test func `values that an older version let go together stay in force, and can be replaced`() throws {
        let text = try settings(
            #"""
            "schedule": { "every": "7d", "minimumInterval": "1d",
                          "window": { "from": "01:00", "to": "05:30", "zone": "UTC" } },
            "groups": { "gold": { "every": "2d" } }
            """#
        ).text
        let older = text.replacing(#""every": "2d""#, with: #""every": "1d""#)
        #expect(older != text)
        #expect(try SharedSettings(text: older).text == older)
    }

    @Test(arguments: [
        "", "{", "[]", "{}", #"{"values": {}, "groups": {}}"#, #"{"values": 1, "groups": {}, "set": [], "api": ""}"#,
    ])
    func `a text of another form is refused`(text: String) {
        #expect(throws: SharedSettings.Problem(description: "they have another form")) {
            try SharedSettings(text: text)
        }
    }

    @Test func `a value that this version does not take is refused with its key`() throws {
        let text = try settings("").text.replacing(#""limits.burst": 20"#, with: #""limits.burst": 0"#)
        do {
            _ = try SharedSettings(text: text)
            Issue.record("taken")
        } catch {
            #expect(error.description.hasPrefix("limits.burst: "))
        }
    }
}
