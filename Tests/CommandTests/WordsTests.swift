import Foundation
import Glibc
import TestSupport
import Testing

/// What commands say where they once said something else, or nothing.
@Suite(.timeLimit(.minutes(1)))
struct WordsTests {
    @Test func `a start that fails tells its reason and no other`() async throws {
        try await Workplace.with { place in
            let (descriptor, port) = try LoopbackPort.taken()
            defer { close(descriptor) }
            try place.configure(["web": ["listen": "127.0.0.1:\(port)"]])
            let ended = try await place.run("run")
            #expect(ended.status == 78)
            #expect(!ended.errors.contains("CancellationError"), "\(ended.errors)")
            #expect(!ended.errors.contains("child channel"), "\(ended.errors)")
        }
    }

    @Test func `who may ask the daemon alone is told that it does not run`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            for command in [["status"], ["users", "list"], ["users", "show", "user-000001"]] {
                let refused = try await place.start(
                    "/usr/bin/setpriv",
                    ["--reuid=65534", "--regid=65534", "--clear-groups", try Program.bankrefreshd.path()] + command,
                    environment: ["BANKREFRESHD_CONFIG": place.config]
                ).result()
                #expect(refused.status == 69, "\(refused.errors)")
                #expect(refused.errors.contains("start it, as root: systemctl start bankrefreshd"))
                #expect(!refused.errors.contains("chown"))
            }
        }
    }

    @Test(arguments: [
        ("schedule", "every", " 1d", #"schedule.every is " 1d": not a time span; write "1d""#),
        ("schedule", "every", "1d ", #"schedule.every is "1d ": not a time span; write "1d""#),
        (
            "api", "caFile", "/etc/ssl/ca.pem ",
            #"api.caFile is "/etc/ssl/ca.pem ": a path that begins or ends with a blank"#
        ),
    ])
    func `a blank too many is shown, and refused in paths too`(
        section: String, key: String, value: String, words: String
    ) async throws {
        try await Workplace.with { place in
            try place.configure([section: [key: value]])
            let checked = try await place.run("check-config")
            #expect(checked.status == 78)
            #expect(checked.errors.contains(words), "\(checked.errors)")
        }
    }

    @Test(arguments: [["users", "show", "nobody"], ["users", "show"], ["refresh", "x", "--all"], ["status"]])
    func `with --json errors are JSON too`(arguments: [String]) async throws {
        try await Workplace.with { place in
            if arguments == ["status"] {
                try Data("no store, and long enough\n".utf8).write(to: URL(filePath: place.store))
            }
            let failed = try await place.start(arguments + ["--json"]).result()
            #expect(failed.status != 0)
            #expect(failed.output.isEmpty)
            let json = try JSONSerialization.jsonObject(with: Data(failed.errors.utf8)) as? [String: [String: Any]]
            let error = try #require(json?["error"], "\(failed.errors)")
            #expect(error["exitCode"] as? Int == Int(failed.status))
            #expect((error["message"] as? String)?.isEmpty == false)
        }
    }

    @Test func `during a pause the next call is not inside it`() async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "6h"]])
            try await place.importAll()
            _ = try await place.startDaemon()
            let paused = try await place.run("pause", "--for", "30d", "--json")
            let until = try #require(paused.object["fleetPausedUntil"] as? String)
            let timed = try #require(try await place.run("status", "--json").object["summary"] as? String)
            #expect(timed.hasSuffix("next call \(until)"), "\(timed)")
            _ = try await place.run("pause")
            let endless = try #require(try await place.run("status", "--json").object["summary"] as? String)
            #expect(!endless.contains("next call"), "\(endless)")
        }
    }

    @Test func `the page keeps its curve over a restart`() async throws {
        try await Workplace.with { place in
            let port = try LoopbackPort.free()
            try place.configure(["schedule": ["every": "30d"], "web": ["listen": "127.0.0.1:\(port)"]])
            try await place.importAll()
            func calls() async throws -> Int {
                let answer = try await place.start(
                    "/usr/bin/curl", ["-s", "--max-time", "20", "http://127.0.0.1:\(port)/api/overview"],
                    environment: [:]
                ).result()
                let outcomes = try #require(answer.object["outcomesLastDay"] as? [String: Int])
                return outcomes.values.reduce(0, +)
            }
            let daemon = try await place.startDaemon()
            #expect(try await place.run("refresh", "--all").status == 0)
            #expect(try await calls() == 3)
            daemon.send(SIGTERM)
            _ = await daemon.result()
            _ = try await place.startDaemon()
            #expect(try await calls() == 3)
        }
    }

    @Test func `who was added a minute ago is not stale`() async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            let stale = try await place.run("users", "list", "--stale", "48h")
            #expect(stale.output.isEmpty && stale.errors == "no users match\n", "\(stale.output)")
        }
    }

    @Test(arguments: ["--wait", "--no-wait"])
    func `to refresh a group that nobody is in is a mistake`(wait: String) async throws {
        try await Workplace.with { place in
            try place.configure(["groups": ["gold": [:]]])
            _ = try await place.run("users", "add", "alice", "--group", "gold", input: place.token(0))
            _ = try await place.run("users", "pause", "alice")
            _ = try await place.startDaemon()
            let refused = try await place.run("refresh", "--group", "glod", wait)
            #expect(refused.status == 65)
            #expect(refused.errors.contains("no user belongs to the group glod"))
            // One whose users are all paused is none.
            #expect(try await place.run("refresh", "--group", "gold", wait).status == 0)
        }
    }

    @Test func `a pause ends at a time of the clock on the wall`() async throws {
        try await Workplace.with { place in
            for zone in ["UTC", "Europe/Berlin"] {
                let paused = try await place.run(
                    "pause", "--until", "06:00", "--json",
                    environment: ["BANKREFRESHD_CONFIG": place.config, "TZ": zone])
                let text = try #require(paused.object["fleetPausedUntil"] as? String, "\(paused.errors)")
                let until = try #require(ISO8601DateFormatter().date(from: text))
                var calendar = Calendar(identifier: .gregorian)
                calendar.timeZone = try #require(TimeZone(identifier: zone))
                let parts = calendar.dateComponents([.hour, .minute, .second], from: until)
                #expect(parts.hour == 6 && parts.minute == 0 && parts.second == 0, "\(text)")
                #expect((0...90_001).contains(until.timeIntervalSinceNow))
            }
            for nonsense in ["24:00", "6", "6:60", "06:00:00", "at six"] {
                let refused = try await place.run("pause", "--until", nonsense)
                #expect(refused.status == 64)
                #expect(refused.errors.contains("write it as 06:00, local time, or 2027-01-31T12:00:00Z"))
            }
        }
    }

    @Test func `in a locale without UTF-8 nothing of ours is beyond ASCII`() async throws {
        try await Workplace.with { place in
            let long = String(repeating: "u", count: 200)
            _ = try await place.run("users", "add", long, input: place.token(0))
            let daemon = try await place.startDaemon()
            let terminal = try Terminal()
            let listed = try place.start(
                ["users", "list"], terminal: terminal,
                environment: ["BANKREFRESHD_CONFIG": place.config, "LC_ALL": "C", "LANG": "C", "TERM": "vt100"])
            #expect(await listed.ended() == 0)
            #expect(await terminal.shown.wait(for: "uuu..."))
            #expect(terminal.shown.bytes.allSatisfy { $0 < 0x80 })
            try place.configure(["schedule": ["every": "6h"]])
            let reloaded = try await place.run(
                "reload", environment: ["BANKREFRESHD_CONFIG": place.config, "LC_ALL": "C"])
            #expect(reloaded.output == "schedule.every: 12h -> 6h\n")
            daemon.send(SIGTERM)
        }
    }

    @Test func `a terminal that cannot draw is told as such`() async throws {
        try await Workplace.with { place in
            let terminal = try Terminal()
            let watch = try place.start(
                ["status", "--watch"], terminal: terminal,
                environment: ["BANKREFRESHD_CONFIG": place.config, "TERM": "dumb"])
            #expect(await watch.ended() == 64)
            #expect(await terminal.shown.wait(for: "needs a terminal that can draw, and TERM is dumb"))
        }
    }
}
