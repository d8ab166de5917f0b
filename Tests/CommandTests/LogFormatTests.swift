import Foundation
import Glibc
import RefreshCore
import Testing

/// `log.format`: what the daemon writes to stderr where programs read it.
@Suite(.timeLimit(.minutes(1)))
struct LogFormatTests {
    /// Each line as the object that it has to be.
    private func records(_ errors: String) throws -> [[String: String]] {
        #expect(errors.hasSuffix("}\n"))
        return try errors.split(separator: "\n").map { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8))
            return try #require(object as? [String: String], "\(line)")
        }
    }

    @Test func `as JSON each line is an object with the journal's fields, and holds no token`() async throws {
        try await Workplace.with(users: 2) { place in
            try place.configure(["log": ["format": "json"]])
            try await place.importAll()
            let unknown = "unknown-\(UUID().uuidString)"
            let added = try await place.run("users", "add", "Jürgen \"J\" \\", input: unknown)
            #expect(added.status == 0, "\(added.errors)")
            let daemon = try await place.startDaemon(ready: "\"MESSAGE\":\"Ready: ")
            #expect(try await place.run("refresh", "user-000001").status == 0)
            #expect(try await place.run("refresh", "Jürgen \"J\" \\").status == 75)
            daemon.send(SIGTERM)
            let ended = await daemon.result()
            #expect(ended.status == 0 && ended.output.isEmpty)
            let records = try records(ended.errors)
            for record in records {
                #expect(record["SYSLOG_IDENTIFIER"] == "bankrefreshd")
                #expect(record["MESSAGE_ID"]?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
                #expect(record["PRIORITY"]?.wholeMatch(of: /[3-7]/) != nil)
                #expect(record["MESSAGE"]?.isEmpty == false)
                let moment = try #require(Timestamp(rfc3339: record["TIMESTAMP"] ?? ""))
                #expect(record["__REALTIME_TIMESTAMP"] == "\(moment.microsecondsSinceEpoch)")
            }
            let refreshed = try #require(records.first { $0["REFRESH_OUTCOME"] == "refreshed" })
            #expect(refreshed["REFRESH_USER_ID"] == "user-000001" && refreshed["PRIORITY"] == "6")
            #expect(refreshed["MESSAGE"]?.hasPrefix("User user-000001: refreshed in ") == true)
            #expect(refreshed["REFRESH_NEXT_DUE"] != nil && refreshed["REFRESH_DURATION_USEC"].flatMap(Int.init) != nil)
            let parked = try #require(records.first { $0["REFRESH_STATE"] == "parked" && $0["PRIORITY"] == "4" })
            #expect(parked["REFRESH_USER_ID"] == "Jürgen \"J\" \\")
            #expect(records.last?["MESSAGE"] == "Stopped")
            for secret in [unknown, place.token(0), place.token(1)] {
                #expect(Disguise.found([secret], in: Data(ended.errors.utf8)).isEmpty)
            }
        }
    }

    @Test func `what keeps the daemon from starting is JSON too, whatever else is wrong with the file`() async throws {
        try await Workplace.with { place in
            try place.configure(["log": ["format": "json"], "schedule": ["every": "12"], "bogus": [:]])
            let refused = try await place.run("run")
            #expect(refused.status == 78)
            let messages = try records(refused.errors).filter { $0["PRIORITY"] == "3" }.compactMap { $0["MESSAGE"] }
            #expect(messages.contains { $0.contains("schedule.every is \"12\"") })
            #expect(messages.contains { $0.contains("bogus: no such key") })
            // Nobody can know how to log by a file that is no JSON, or does not say so.
            for text in ["{\"log\": {\"format\": \"json\"", "{\"log\": {\"format\": \"jsn\"}}"] {
                try text.write(toFile: place.config, atomically: true, encoding: .utf8)
                let refused = try await place.run("run")
                #expect(refused.status == 78)
                #expect(refused.errors.contains(" error: The daemon cannot run: "))
            }
        }
    }

    @Test func `text is lines for people, and another format needs a restart`() async throws {
        try await Workplace.with { place in
            try place.configure(["log": ["format": "text"]])
            let daemon = try await place.startDaemon()
            try place.configure(["log": ["format": "json"]])
            let reloaded = try await place.run("reload")
            #expect(reloaded.output.contains("log.format: text → json"))
            #expect(reloaded.output.contains("(takes effect after a restart)"))
            daemon.send(SIGTERM)
            #expect(await daemon.result().errors.hasSuffix("notice: Stopped\n"))
        }
    }
}
