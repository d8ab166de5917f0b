import Foundation
import Testing

@testable import RefreshConfiguration

/// What a file means, value by value, and where each comes from.
struct EffectiveConfigurationTests {
    private static let text = """
        {
          "api": { "baseURL": "https://api.example.com/rest", "clientID": "platform",
            "clientSecret": { "file": "/run/secrets/client" } },
          "schedule": { "every": "1d",
            "window": { "from": "22:00", "to": "04:00", "zone": "Europe/Berlin" } },
          "backoff": { "failure": { "first": "2h" } },
          "groups": {
            "trial": { "every": "7d", "window": null },
            "a.b": { "backoff": { "failure": {
              "first": "12h" } } }
          }
        }
        """

    private func entry(_ path: String) throws -> EffectiveConfiguration.Entry {
        try #require(try EffectiveConfiguration(text: Self.text).entries.first { $0.path == path }, "\(path)")
    }

    @Test(
        arguments: [
            ("api.baseURL", "https://api.example.com/rest", .file(line: 2), nil),
            ("api.clientSecret", "{\"file\": \"/run/secrets/client\"}", .file(line: 3), nil),
            ("api.environment", "none", .standard, nil),
            ("store.key", "{\"credential\": \"store-key\"}", .standard, nil),
            ("schedule.every", "1d", .file(line: 4), nil), ("schedule.minimumInterval", "6h", .standard, nil),
            ("groups.trial.every", "7d", .group(line: 8), nil), ("groups.trial.window", "none", .group(line: 8), nil),
            ("groups.trial.minimumInterval", "6h", .standard, "schedule.minimumInterval"),
            ("groups.trial.backoff.failure.first", "2h", .file(line: 6), "backoff.failure.first"),
            ("groups[\"a.b\"].every", "1d", .file(line: 4), "schedule.every"),
            ("groups[\"a.b\"].backoff.failure.first", "12h", .group(line: 10), nil),
        ] as [(String, String, EffectiveConfiguration.Origin, String?)])
    func `a value has its origin`(
        path: String, value: String, origin: EffectiveConfiguration.Origin, inherits: String?
    ) throws {
        let entry = try entry(path)
        #expect(entry.value == value)
        #expect(entry.origin == origin)
        #expect(entry.inherits == inherits)
    }

    @Test func `every key is there once, for everybody and for each group`() throws {
        let effective = try EffectiveConfiguration(text: Self.text)
        let paths = effective.entries.map(\.path)
        #expect(Set(paths).count == paths.count)
        let general = Configuration.table.flatMap { $0.leaves() }.count
        #expect(paths.count == general + 2 * GroupSettings.table.flatMap { $0.leaves() }.count)
    }

    @Test(arguments: [Self.text, Configuration.default.text])
    func `the values in the form of the file mean what the file means`(text: String) throws {
        let effective = try EffectiveConfiguration(text: text)
        let object = try JSONSerialization.jsonObject(with: Data(effective.json(file: "/f").utf8))
        let document = try #require(object as? [String: Any])
        #expect(document["file"] as? String == "/f")
        let sources = try #require(document["sources"] as? [String: [String: Any]])
        #expect(Set(sources.keys) == Set(effective.entries.map(\.path)))
        let again = try JSONSerialization.data(withJSONObject: try #require(document["configuration"]))
        let read = try Configuration(text: String(decoding: again, as: UTF8.self))
        #expect(read.policies == effective.configuration.policies)
        for leaf in Configuration.table.flatMap({ $0.leaves() }) {
            #expect(leaf.value.write(read) == leaf.value.write(effective.configuration), "\(leaf.path)")
        }
    }

    @Test func `the document tells origin and line`() throws {
        let effective = try EffectiveConfiguration(text: Self.text)
        let object = try JSONSerialization.jsonObject(with: Data(effective.json(file: "/f").utf8))
        let sources = try #require((object as? [String: Any])?["sources"] as? [String: [String: Any]])
        func told(_ path: String) -> String? {
            sources[path].map { source in
                ["from", "line", "inherits"].map { "\(source[$0] ?? "")" }.joined(separator: " ")
            }
        }
        #expect(told("schedule.every") == "file 4 ")
        #expect(told("log.format") == "default  ")
        #expect(told("groups.trial.every") == "group 8 ")
        #expect(told("groups.trial.backoff.failure.first") == "file 6 backoff.failure.first")
    }
}
