import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct UsersExportTests {
    @Test(arguments: [true, false])
    func `all that is stored of a user is told, and no token`(isRunning: Bool) async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "30d"], "groups": ["gold": [:]]])
            let expiry = "2090-01-31T06:00:00Z"
            _ = try await place.run(
                "users", "add", "alice", "--group", "gold", "--expires-at", expiry, input: place.token(0))
            let daemon = try await place.startDaemon()
            #expect(try await place.run("refresh", "alice").status == 0)
            if !isRunning {
                daemon.send(SIGTERM)
                _ = await daemon.result()
            }
            let exported = try await place.run("users", "export", "alice")
            #expect(exported.status == 0)
            let user = exported.object
            #expect(
                user.keys.sorted() == [
                    "attemptsToday", "day", "failures", "group", "history", "lastAttempt", "lastSuccess", "nextDue",
                    "outageTries",
                    "outageWaits", "place", "reachedAt", "slot", "state", "tokenExpiresAt", "tokenIssuedAt",
                    "tokenRenewsAt",
                    "tokenVersion", "userID",
                ])
            #expect(user["tokenExpiresAt"] as? String == expiry)
            #expect(user["tokenVersion"] as? Int == 1)
            let history = try #require(user["history"] as? [[String: Any]])
            #expect(history.map { $0["outcome"] as? String } == ["refreshed"])
            #expect((user["lastAttempt"] as? [String: Any])?["outcome"] as? String == "refreshed")
            #expect(!exported.output.contains(place.token(0)))
            let unknown = try await place.run("users", "export", "nobody")
            #expect(unknown.status == 65)
            #expect(unknown.errors.contains("there is no user nobody"))
            #expect(try await place.run("users", "export").status == 64)
        }
    }

    @Test(arguments: [true, false])
    func `everybody is told line by line, page after page`(isRunning: Bool) async throws {
        try await Workplace.with(users: 2_001) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            if isRunning { _ = try await place.startDaemon() }
            let exported = try await place.run("users", "export", "--all")
            #expect(exported.status == 0)
            #expect(exported.errors.isEmpty)
            let ids = try exported.output.split(separator: "\n").map {
                (try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])?["userID"] as? String
            }
            #expect(ids == place.users.map(\.id.rawValue))
        }
    }

    @Test func `a user who is removed leaves nothing, and begins anew`() async throws {
        try await Workplace.with(users: 1) { place in
            try place.configure(["schedule": ["every": "30d"]])
            try await place.importAll()
            _ = try await place.startDaemon()
            #expect(try await place.run("refresh", "user-000001").status == 0)
            #expect(try await place.run("users", "remove", "user-000001").status == 0)
            try await place.importAll()
            let user = try await place.run("users", "export", "user-000001").object
            #expect(user["reachedAt"] == nil && user["lastAttempt"] == nil)
            #expect((user["history"] as? [Any])?.isEmpty == true)
            // The minimum interval goes with the user.
            #expect(try await place.run("refresh", "user-000001").status == 0)
        }
    }
}
