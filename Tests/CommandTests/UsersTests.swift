import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct UsersTests {
    /// The commands mean the same with the daemon and without.
    @Test(arguments: [true, false])
    func `users are listed, paused, resumed and removed`(isRunning: Bool) async throws {
        try await Workplace.with(users: 4) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            if isRunning { _ = try await place.startDaemon() }
            let paused = try await place.run("users", "pause", "user-000001")
            #expect(paused.status == 0)
            #expect(paused.output == "user-000001: paused; bankrefreshd users resume user-000001 ends it\n")
            let timed = try await place.run("users", "pause", "user-000002", "--for", "4h")
            #expect(timed.output.wholeMatch(of: /user-000002: paused until \S+Z, next call \S+Z\n/) != nil)

            let list = try await place.run("users", "list")
            #expect(list.output.split(separator: "\n").count == 5)
            let ofPaused = try await place.run("users", "list", "--state", "paused", "--json")
            #expect(ofPaused.objects.compactMap { $0["userID"] as? String } == ["user-000001", "user-000002"])
            let limited = try await place.run("users", "list", "--limit", "3", "--json")
            #expect(limited.objects.count == 3)
            let nobody = try await place.run("users", "list", "--outcome", "rejected")
            #expect(nobody.status == 0)
            #expect(nobody.output.isEmpty && nobody.errors == "no users match\n")
            #expect(try await place.run("users", "list", "--outcome", "rejected", "--json").objects.isEmpty)

            let shown = try await place.run("users", "show", "user-000001")
            #expect(shown.output.contains("mend it         bankrefreshd users resume user-000001"))
            let resumed = try await place.run("users", "resume", "user-000001", "nobody", "user-000002", "--json")
            #expect(resumed.status == 65)
            #expect(resumed.errors.contains("there is no user nobody"))
            #expect(resumed.objects.compactMap { $0["state"] as? String } == ["scheduled", "scheduled"])

            let removed = try await place.run("users", "remove", "user-000001", "nobody", "user-000003")
            #expect(removed.status == 65)
            #expect(removed.output == "user-000001: removed\nuser-000003: removed\n")
            #expect(removed.errors.contains("there is no user nobody"))
            #expect(try await place.run("users", "list", "--json").objects.count == 2)
        }
    }

    @Test(arguments: ["show", "remove", "pause", "resume"])
    func `a user who is not stored is told`(command: String) async throws {
        try await Workplace.with { place in
            let refused = try await place.run("users", command, "nobody")
            #expect(refused.status == 65)
            #expect(refused.errors.contains("there is no user nobody"))
            #expect(refused.output.isEmpty)
        }
    }

    @Test func `a list fits the terminal, and is whole elsewhere`() async throws {
        try await Workplace.with { place in
            let id = String(repeating: "long-", count: 20)
            _ = try await place.run("users", "add", id, input: place.token(0))
            let narrow = try await place.start(["users", "list"], terminal: Terminal(columns: 60)).result()
            let lines = narrow.output.split(separator: "\r\n")
            #expect(lines.count == 2)
            #expect(lines.allSatisfy { $0.count <= 60 })
            #expect(lines[1].hasSuffix("…"))
            #expect(try await place.run("users", "list").output.contains(id))
        }
    }

    @Test func `a list is longer than one answer of the daemon`() async throws {
        try await Workplace.with(users: 5_001) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            _ = try await place.startDaemon()
            let listed = try await place.run("users", "list", "--json").objects.compactMap { $0["userID"] as? String }
            #expect(listed == place.users.map(\.id.rawValue))
        }
    }

    @Test func `JSON has the same keys for every program that reads it`() async throws {
        try await Workplace.with(users: 1) { place in
            try await place.importAll()
            let shown = try await place.show("user-000001")
            #expect(
                shown.keys.sorted() == ["attemptsToday", "failures", "nextDue", "state", "userID"])
            let daemon = try await place.startDaemon()
            _ = try await place.run("refresh", "user-000001")
            let called = try await place.show("user-000001")
            #expect(
                called.keys.sorted() == [
                    "attemptsToday", "failures", "lastAttempt", "lastHTTPStatus", "lastOutcome", "lastSuccess",
                    "nextDue", "state", "userID",
                ])
            #expect(called["lastOutcome"] as? String == "refreshed")
            daemon.send(SIGTERM)
            _ = await daemon.result()
        }
    }
}
