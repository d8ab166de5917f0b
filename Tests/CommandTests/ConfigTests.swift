import Foundation
import Testing

/// `config dump` and `config example`.
@Suite(.timeLimit(.minutes(1)))
struct ConfigTests {
    @Test func `a dump shows each value with the place that it comes from, and no secret`() async throws {
        try await Workplace.with { place in
            let secret = "secret-\(UUID().uuidString)"
            try secret.write(toFile: place.directory + "/client", atomically: true, encoding: .utf8)
            try place.configure([
                "api": ["clientID": "platform", "clientSecret": ["file": place.directory + "/client"]],
                "groups": ["trial": ["every": "7d"]],
            ])
            let dump = try await place.run("config", "dump")
            #expect(dump.status == 0 && dump.errors.isEmpty)
            let rows = dump.output.split(separator: "\n").map { $0.split(separator: " ", maxSplits: 1) }
            func row(_ key: String) -> String {
                rows.first { $0[0] == key }.map { $0[1].drop { $0 == " " } }.map(String.init) ?? ""
            }
            #expect(row("schedule.every").wholeMatch(of: /12h +\/.*\/config.json:1/) != nil)
            #expect(row("limits.drain").wholeMatch(of: /30s +default/) != nil)
            #expect(row("groups.trial.every").wholeMatch(of: /7d +group, \/.*\/config.json:1/) != nil)
            let inherited = row("groups.trial.minimumInterval")
            #expect(inherited.wholeMatch(of: /1h +schedule.minimumInterval, \/.*\/config.json:1/) != nil)
            #expect(row("api.clientSecret").contains("{\"file\": \"\(place.directory)/client\"}"))

            let json = try await place.run("config", "dump", "--json")
            #expect(json.object["file"] as? String == place.config)
            let values = try #require(json.object["configuration"] as? [String: [String: Any]])
            #expect(values["schedule"]?["every"] as? String == "12h")
            #expect(place.placesHolding(secret) == [place.directory + "/client"])

            // What is printed means the same.
            try JSONSerialization.data(withJSONObject: values).write(to: URL(filePath: place.directory + "/again"))
            let again = try await place.run("config", "dump", "--json", "--config", place.directory + "/again")
            let difference = try #require(again.object["configuration"] as? NSDictionary)
            #expect(difference.isEqual(to: try #require(json.object["configuration"] as? [String: Any])))
        }
    }

    @Test(arguments: [[], ["--json"]])
    func `a file with mistakes has no values`(arguments: [String]) async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "12"]])
            let refused = try await place.start(["config", "dump"] + arguments).result()
            #expect(refused.status == 78 && refused.output.isEmpty)
            #expect(refused.errors.contains("schedule.every is"))
            if arguments == ["--json"] { #expect(refused.errors.hasPrefix("{\"error\":{\"exitCode\":78,")) }
        }
    }

    @Test func `the example is the one that is installed, and is good once there is a key`() async throws {
        try await Workplace.with { place in
            let example = try await place.run("config", "example")
            #expect(example.status == 0)
            let root = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
            let installed = try String(contentsOf: root.appending(path: "config.example.json"), encoding: .utf8)
            #expect(installed == example.output)
            try example.output.write(toFile: place.config, atomically: true, encoding: .utf8)
            #expect(try await place.run("config", "dump").status == 0)
        }
    }
}
