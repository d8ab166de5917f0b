import Foundation
import Glibc
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct RefreshTests {
    @Test func `a whole fleet is refreshed piece by piece, within the limits`() async throws {
        try await Workplace.with(users: 1_100) { place in
            try place.configure([
                "schedule": ["every": "30d"],
                "limits": ["requestsPerSecond": 2_000, "concurrency": ["min": 4, "max": 16], "slowStart": "0s"],
            ])
            try await place.importAll()
            _ = try await place.run("users", "pause", "user-000002")
            _ = try await place.startDaemon()
            place.sandbox.set(behaviour: .failure, forUser: place.users[4].id)
            let all = try await place.run("refresh", "--all")
            #expect(all.status == 75)
            #expect(all.errors.isEmpty)
            let lines = all.output.split(separator: "\n")
            #expect(lines.count == 2)
            #expect(lines.first?.hasPrefix("user-000005: rejected, ") == true)
            #expect(lines.last == "1,099 users called: 1,098 refreshed, 1 rejected")
            #expect(place.sandbox.calls.users.count == 1_099)
            #expect(place.sandbox.calls.maxConcurrent <= 16)
            let again = try await place.run("refresh", "--all", "--json")
            #expect(again.status == 75)
            #expect(again.objects.count == 1_099)
            #expect(again.objects.allSatisfy { $0["refusal"] as? String == "floor" })
        }
    }

    @Test func `a group is refreshed, and nobody else`() async throws {
        try await Workplace.with(users: 4) { place in
            try place.configure(["schedule": ["every": "30d"], "groups": ["gold": [:]]])
            let rows = [0, 1, 2, 3].map { "\(place.users[$0].id),\(place.token($0)),\($0 < 2 ? "gold" : "")" }
            let text = "user_id,access_token,group\n" + rows.joined(separator: "\n") + "\n"
            #expect(try await place.run("users", "import", "-", input: text).status == 0)
            _ = try await place.startDaemon()
            let done = try await place.run("refresh", "--group", "gold")
            #expect(done.status == 0)
            #expect(done.output == "2 users called: 2 refreshed\n")
            #expect(place.sandbox.calls.users.keys.sorted() == ["user-000001", "user-000002"])
            let nobody = try await place.run("refresh", "--group", "silver")
            #expect(nobody.output == "0 users called\n")
        }
    }

    @Test func `while all calls are suspended it stops, and says why`() async throws {
        try await Workplace.with(users: 3) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            _ = try await place.startDaemon()
            _ = try await place.run("pause", "--for", "4h", "--reason", "bank holiday")
            let refused = try await place.run("refresh", "--all")
            #expect(refused.status == 75)
            #expect(refused.errors.hasPrefix("stopped: all calls wait: all calls are paused until "))
            #expect(place.sandbox.calls.total == 0)
        }
    }

    @Test func `who is not waited for is made due, and called once calls begin`() async throws {
        try await Workplace.with(users: 3) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            // No daemon is needed for that.
            let queued = try await place.run("refresh", "user-000001", "nobody", "--no-wait")
            #expect(queued.status == 65)
            #expect(
                queued.output.wholeMatch(
                    of: /user-000001: queued, due \S+Z; waits: no daemon is running\nnobody: there is no such user\n/)
                    != nil, "\(queued.output)")
            let daemon = try await place.startDaemon()
            #expect(await daemon.errors.wait(for: "User user-000001: refreshed in "))
            let refused = try await place.run("refresh", "user-000001", "--no-wait")
            #expect(refused.status == 75)
            #expect(refused.output.contains(": refused until "))
            #expect(refused.output.contains("the minimum interval of 1 h between two calls; --force overrides"))

            let all = try await place.run("refresh", "--all", "--no-wait")
            #expect(all.status == 75)
            #expect(all.output == "2 users due now; 1 refused: 1 minimum interval\n")
            for number in [2, 3] { #expect(await daemon.errors.wait(for: "User user-00000\(number): refreshed in ")) }
            #expect(place.sandbox.calls.total == 3)
        }
    }

    @Test func `on a terminal it shows how far it is`() async throws {
        try await Workplace.with(users: 40) { place in
            try place.configure(["schedule": ["every": "30d"]])
            place.sandbox.set(behaviourForAll: .slow(.milliseconds(30)))
            try await place.importAll()
            _ = try await place.startDaemon()
            let run = try await place.start(
                ["refresh", "--all"], terminal: Terminal(columns: 70),
                environment: ["BANKREFRESHD_CONFIG": place.config]
            ).result()
            #expect(run.status == 0)
            #expect(run.output.contains("] "))
            #expect(run.output.contains(" %"))
            // Nothing of it is left.
            #expect(run.output.hasSuffix("\r\u{1B}[K40 users called: 40 refreshed\r\n"))
            for shown in run.output.split(separator: "\r\u{1B}[K") { #expect(shown.count < 70 + 2) }
        }
    }
}
