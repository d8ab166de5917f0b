import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct HistoryTests {
    /// A daemon that called `user-000001` three times: refreshed, rejected, and forced while it failed.
    private static func withHistory(_ body: (Workplace, ProgramRun) async throws -> Void) async throws {
        try await Workplace.with(users: 2) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            let daemon = try await place.startDaemon()
            let id = place.users[0].id
            _ = try await place.run("refresh", id.rawValue)
            place.sandbox.set(behaviour: .failure, forUser: id)
            for _ in 0..<2 { _ = try await place.run("refresh", id.rawValue, "--force") }
            try await body(place, daemon)
        }
    }

    /// The command means the same with the daemon and without.
    @Test(arguments: [true, false])
    func `past calls are listed, the newest first, with what came of them`(isRunning: Bool) async throws {
        try await Self.withHistory { place, daemon in
            if !isRunning {
                daemon.send(SIGTERM)
                _ = await daemon.result()
            }
            let shown = try await place.run("history", "user-000001")
            #expect(shown.status == 0)
            let lines = shown.output.split(separator: "\n").map(String.init)
            try #require(lines.count == 5, "\(shown.output)")
            #expect(lines[0].wholeMatch(of: /WHEN +OUTCOME +TOOK +HTTP +THEN +REASON/) != nil)
            #expect(
                lines[1].wholeMatch(
                    of: /\S+Z +rejected, try 2, forced +\d+ m?s +200 +next \S+Z +The institution did not answer\./)
                    != nil, "\(lines[1])")
            #expect(
                lines[2].wholeMatch(
                    of: /\S+Z +rejected, forced +\d+ m?s +200 +called after .+ +The institution did not answer\./)
                    != nil, "\(lines[2])")
            #expect(
                lines[3].wholeMatch(of: /\S+Z +refreshed, by hand +\d+ m?s +200 +called after .+/) != nil, "\(lines[3])"
            )
            #expect(lines[4].wholeMatch(of: /last 30 days, from \S+Z on: 2 rejected, 1 refreshed; 33 %/) != nil)

            let one = try await place.run("history", "user-000001", "--limit", "1", "--outcome", "refreshed", "--json")
            let attempts = try #require(one.object["attempts"] as? [[String: Any]])
            #expect(attempts.count == 1)
            #expect(attempts.first?["outcome"] as? String == "refreshed")
            #expect(
                attempts.first?.keys.sorted() == [
                    "durationMilliseconds", "forced", "httpStatus", "number", "outcome", "startedAt", "trigger",
                ])
            #expect(one.object.keys.sorted() == ["attempts", "countedSince", "counts", "oldest", "userID"])
            #expect(one.object["counts"] as? [String: Int] == ["refreshed": 1, "rejected": 2])

            let status = try await place.run("status", "--json").object
            #expect(status["outcomesLastHour"] as? [String: Int] == ["refreshed": 1, "rejected": 2])
            #expect(status["outcomesLastDay"] as? [String: Int] == ["refreshed": 1, "rejected": 2])
            let told = try await place.run("status").output
            #expect(told.contains(/last hour +2 rejected, 1 refreshed\n/))
            let user = try await place.run("users", "show", "user-000001").output
            #expect(user.contains("earlier calls      bankrefreshd history user-000001\n"))
        }
    }

    @Test func `nobody called yet has a history without calls, and says no more in show`() async throws {
        try await Workplace.with(users: 1) { place in
            try await place.importAll()
            let shown = try await place.run("history", "user-000001")
            #expect(shown.status == 0)
            #expect(shown.output == "last 30 days: no calls\n")
            let day = try await place.run("history", "user-000001", "--since", "24h", "--outcome", "rejected")
            #expect(day.output == "last 1d: no calls\n")
            let user = try await place.run("users", "show", "user-000001").output
            #expect(!user.contains("history"))
        }
    }

    @Test(arguments: [true, false])
    func `a user who is not stored is told`(isRunning: Bool) async throws {
        try await Workplace.with(users: 1) { place in
            try await place.importAll()
            if isRunning { _ = try await place.startDaemon() }
            let refused = try await place.run("history", "nobody")
            #expect(refused.status == 65)
            #expect(refused.errors.contains("there is no user nobody"))
            #expect(refused.output.isEmpty)
        }
    }

    @Test func `a call that a crash cut off is in the history as unknown`() async throws {
        try await Workplace.with(users: 1) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            let id = place.users[0].id
            place.sandbox.set(behaviour: .hang, forUser: id)
            let daemon = try await place.startDaemon()
            let refresh = try place.start(["refresh", id.rawValue])
            try await place.sandbox.waitForCalls(atLeast: 1, fromUser: id)
            daemon.send(SIGKILL)
            _ = await daemon.result()
            _ = await refresh.result()
            _ = try await place.startDaemon()
            let shown = try await place.run("history", id.rawValue, "--json").object
            let attempts = try #require(shown["attempts"] as? [[String: Any]])
            #expect(attempts.count == 1)
            #expect(attempts.first?["outcome"] as? String == "unknown")
            #expect(attempts.first?["reason"] as? String == "the daemon ended while the call was in flight")
        }
    }

    @Test func `the table fits the terminal`() async throws {
        try await Self.withHistory { place, _ in
            let narrow = try await place.start(
                ["history", "user-000001"], terminal: Terminal(columns: 60),
                environment: ["BANKREFRESHD_CONFIG": place.config, "NO_COLOR": "1"]
            ).result()
            let lines = narrow.output.split(separator: "\r\n")
            #expect(lines.dropLast().allSatisfy { $0.count <= 60 })
            #expect(lines[1].hasSuffix("…"))
        }
    }
}
