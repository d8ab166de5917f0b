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
            #expect(shown.output.contains("fix             bankrefreshd users resume user-000001"))
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

    @Test func `whom Tight refuses turn after turn is parked, told, listed, and resumed with all alike`() async throws {
        try await Workplace.with(users: 8) { place in
            try place.configure([
                "schedule": ["every": "1s", "minimumInterval": "10ms", "attemptsPerDay": 100_000],
                "backoff": ["failure": ["first": "10ms", "ceiling": "10ms"]],
            ])
            try await place.importAll()
            for user in place.users.prefix(2) { place.sandbox.set(behaviour: .status(404, .json), forUser: user.id) }
            let daemon = try await place.startDaemon()
            for id in place.users.prefix(2).map(\.id) {
                #expect(
                    await daemon.errors.wait(
                        for: "User \(id) is parked: Tight refused its calls in 3 slots in a row: HTTP 404; to fix: "
                            + "bankrefreshd users resume \(id) (once Tight has fixed it), or users remove"))
            }
            let list = try await place.run("users", "list", "--reason", "refused")
            #expect(list.output.contains("parked: refused: HTTP 404"))
            #expect(list.output.contains("fix: bankrefreshd users resume \(place.users[0].id)"))
            let shown = try await place.run("users", "show", "\(place.users[0].id)")
            #expect(shown.output.contains("parked: refused: HTTP 404 since "))
            #expect(try await place.run("users", "list", "--state", "parked", "--json").objects.count == 2)

            for user in place.users.prefix(2) { place.sandbox.set(behaviour: .success, forUser: user.id) }
            let nobody = try await place.run("users", "resume", "--reason", "forbidden")
            #expect(nobody.status == 0 && nobody.output.isEmpty && nobody.errors == "no users match\n")
            let resumed = try await place.run("users", "resume", "--reason", "refused", "--json")
            #expect(resumed.status == 0)
            #expect(resumed.objects.compactMap { $0["state"] as? String } == ["scheduled", "scheduled"])
            #expect(try await place.run("users", "list", "--state", "parked", "--json").objects.isEmpty)
            #expect(try await place.run("users", "resume").status == 64)
            #expect(try await place.run("users", "resume", "alice", "--reason", "refused").status == 64)
        }
    }

    @Test(arguments: ["show", "remove", "pause", "resume"])
    func `a user who is not stored is told`(command: String) async throws {
        try await Workplace.with { place in
            try await place.importAll()
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
            // An id that long is cut, so that the state can be seen.
            #expect(lines[1].hasPrefix("long-long-l…  scheduled"))
            #expect(try await place.run("users", "list").output.contains(id))
        }
    }

    @Test(arguments: [true, false])
    func `a list tells first whom it is asked for, and leaves out whom it is not`(isRunning: Bool) async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "30d"]])
            let soon = Timestamp(secondsSinceEpoch: Int64(Date.now.timeIntervalSince1970))
            for (id, days) in [("a", 60), ("b", 3), ("c", 5)] {
                let expiry = soon.advanced(by: .days(Int64(days))).description
                _ = try await place.run("users", "add", id, "--expires-at", expiry, input: place.token(0))
            }
            let daemon = try await place.startDaemon()
            #expect(try await place.run("refresh", "b").status == 0)
            if !isRunning {
                daemon.send(SIGTERM)
                _ = await daemon.result()
            }
            func ids(_ arguments: String...) async throws -> [String] {
                let listed = try await place.start(["users", "list", "--json"] + arguments).result()
                #expect(listed.status == 0, "\(listed.errors)")
                return listed.objects.compactMap { $0["userID"] as? String }
            }
            #expect(try await ids("--sort", "expiry") == ["b", "c", "a"])
            #expect(try await ids("--sort", "expiry", "--limit", "1") == ["b"])
            #expect(try await ids("--sort", "last-success") == ["a", "c", "b"])
            #expect(try await ids("--expiring", "7d", "--sort", "id") == ["b", "c"])
            // Who was added just now has missed nothing yet.
            #expect(try await ids("--stale", "1h").isEmpty)
            #expect(try await ids("--expiring", "4d", "--state", "scheduled") == ["b"])
            #expect(try await ids("--group", "nobody", "--sort", "failures").isEmpty)
            let due = try await place.run("users", "list", "--sort", "due", "--json").objects.compactMap {
                $0["nextDue"] as? String
            }
            #expect(due.count == 3 && due == due.sorted())
            let table = try await place.run("users", "list", "--sort", "expiry")
            #expect(table.output.contains("TOKEN EXPIRES"))
            #expect(!table.output.contains("\u{1B}"))
        }
    }

    @Test func `colours are for terminals that want them`() async throws {
        try await Workplace.with { place in
            _ = try await place.run("users", "add", "a", input: "wrong-token")
            let daemon = try await place.startDaemon()
            _ = try await place.run("refresh", "a")
            daemon.send(SIGTERM)
            _ = await daemon.result()
            func shown(_ environment: [String: String]) async throws -> String {
                let terminal = try Terminal(columns: 200)
                return try await place.start(
                    ["users", "list"], terminal: terminal,
                    environment: environment.merging(["BANKREFRESHD_CONFIG": place.config]) { a, _ in a }
                ).result().output
            }
            let coloured = try await shown(["TERM": "xterm"])
            #expect(coloured.contains("\u{1B}[31mparked: unauthorized\u{1B}[0m"))
            for plain in [["NO_COLOR": "1", "TERM": "xterm"], ["TERM": "dumb"]] {
                let text = try await shown(plain)
                #expect(!text.contains("\u{1B}"))
                #expect(text == coloured.replacing(/\u{1B}\[\d+m/, with: ""))
            }
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
