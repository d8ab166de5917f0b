import RefreshConfiguration
import Testing

/// What daemons of one store compare.
@Suite struct SharedSettingsTests {
    private func settings(_ sections: String) throws -> [String: String] {
        let others = sections.isEmpty ? "" : ", \(sections)"
        return try Configuration(text: #"{ "api": { "environment": "sandbox" }\#(others) }"#).sharedSettings
    }

    @Test(arguments: [
        #""schedule": { "every": "24h" }"#, #""schedule": { "every": "1440m" }"#,
        #""web": { "listen": "127.0.0.1:9477" }"#, #""store": { "sqlite": { "path": "/elsewhere" } }"#,
        #""control": { "socket": "/run/elsewhere.sock" }"#, #""alerts": { "window": "2h" }"#,
    ])
    func `what concerns one daemon alone, or is the default, changes nothing`(sections: String) throws {
        #expect(try settings(sections) == settings(""))
    }

    @Test(arguments: [
        #""schedule": { "every": "12h" }"#, #""schedule": { "minimumInterval": "5h" }"#,
        #""limits": { "requestsPerSecond": 3 }"#, #""backoff": { "outage": { "first": "31s" } }"#,
        #""breaker": { "probes": 4 }"#, #""groups": { "gold": { "every": "6h" } }"#,
    ])
    func `what all daemons do alike changes it`(sections: String) throws {
        #expect(try settings(sections) != settings(""))
    }

    @Test func `another address changes it`() throws {
        let production = try Configuration(text: #"{ "api": { "environment": "production" } }"#)
        #expect(try production.sharedSettings != settings(""))
    }

    @Test func `what differs from the default is told by its path`() throws {
        let sections = #""schedule": { "minimumInterval": "300m" }, "groups": { "gold": { "every": "6h" } }"#
        let settings = try settings(sections)
        #expect(settings["schedule.minimumInterval"] == "5h")
        #expect(settings["groups.gold"] == #"{"every": "6h"}"#)
        #expect(settings.count == 3 && settings["api"] != nil)
    }
}
