import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct OutageTests {
    @Test func `while nobody listens at Tight the breaker is open, and nobody is harmed`() async throws {
        try await Workplace.with(users: 20) { place in
            try place.configure([
                "schedule": ["every": "2s", "minimumInterval": "1s", "attemptsPerDay": 100_000],
                "breaker": ["minimumCalls": 3, "firstPause": "1s", "longestPause": "1s"],
                "backoff": ["outage": ["first": "1s", "ceiling": "1s"]],
            ])
            try await place.importAll()
            try await place.sandbox.set(outage: .refuse)
            let daemon = try await place.startDaemon()
            #expect(await daemon.errors.wait(for: "All calls are suspended until"))
            let status = try await place.run("status", "--json").object
            #expect(status["parked"] as? Int == 0)
            #expect((status["breaker"] as? [String: Any])?["state"] as? String != "closed")
            let refused = try await place.run("refresh", "user-000001")
            #expect(refused.status == 75)

            try await place.sandbox.set(outage: nil)
            let answersAgain = await daemon.errors.wait(for: "The API answers again")
            #expect(answersAgain, "\(daemon.errors.text)")
            for user in place.users { try await place.sandbox.waitForEndedCalls(atLeast: 1, fromUser: user.id) }
            daemon.send(SIGTERM)
            #expect(await daemon.result().status == 0)
            let users = try await place.run("users", "list", "--json").objects
            #expect(users.allSatisfy { $0["state"] as? String == "scheduled" })
        }
    }

    @Test func `whoever was being called when the daemon was killed waits for the minimum interval`() async throws {
        try await Workplace.with(users: 2) { place in
            place.sandbox.set(behaviourForAll: .hang)
            try await place.importAll()
            let daemon = try await place.startDaemon()
            let refresh = try place.start(["refresh", "user-000001"])
            try await place.sandbox.waitForCalls(atLeast: 1, fromUser: place.users[0].id)
            daemon.send(SIGKILL)
            #expect(await daemon.result().status == -SIGKILL)
            let broken = await refresh.result()
            #expect(broken.status == 75)
            #expect(broken.errors.contains("did not answer; it may have done what was asked"))

            place.sandbox.set(behaviourForAll: nil)
            let next = try await place.startDaemon()
            let user = try await place.show("user-000001")
            #expect(user["lastOutcome"] as? String == "unknown")
            let again = try await place.run("refresh", "user-000001")
            #expect(again.status == 75)
            #expect(again.output.contains("the minimum interval of 1 h"))
            #expect(place.sandbox.calls(ofUser: place.users[0].id)?.count == 1)
            #expect(try await place.run("refresh", "user-000002").status == 0)
            next.send(SIGTERM)
            #expect(await next.result().status == 0)
        }
    }

    @Test func `killed again and again, it keeps the minimum interval between any two calls`() async throws {
        try await Workplace.with(users: 3) { place in
            try place.configure([
                "schedule": ["every": "3s", "minimumInterval": "3s", "attemptsPerDay": 100_000]
            ])
            place.sandbox.set(behaviourForAll: .hang)
            try await place.importAll()
            for count in 1...3 {
                let daemon = try await place.startDaemon()
                try await place.sandbox.waitForCalls(atLeast: count * 3)
                daemon.send(SIGKILL)
                _ = await daemon.result()
            }
            for user in place.users {
                let calls = try #require(place.sandbox.calls(ofUser: user.id))
                #expect(calls.maxConcurrent == 1)
                #expect((calls.leastGap ?? .max) >= 3_000_000)
            }
        }
    }
}
