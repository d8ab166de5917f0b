import Foundation
import RefreshCore
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct FailureTests {
        @Test func `after a FAILURE the minimum interval is kept`() async throws {
            let schedule = #"{"every": "4s", "minimumInterval": "3s", "attemptsPerDay": 100000}"#
            let backoff = #"{"failure": {"first": "100ms", "ceiling": "100ms"}}"#
            try await Deployment.running(with: ["schedule": schedule, "backoff": backoff]) { deployment in
                let user = deployment.users[0]
                deployment.sandbox.set(behaviour: .failure, forUser: user)
                try await deployment.sandbox.waitForCalls(atLeast: 3, fromUser: user)
                #expect(try deployment.pauses(of: user).allSatisfy { $0 >= .seconds(3) })
            }
        }

        @Test func `each FAILURE in a row waits longer`() async throws {
            let backoff = #"{"failure": {"first": "2s", "ceiling": "1h"}}"#
            try await Deployment.running(with: ["backoff": backoff]) { deployment in
                let user = deployment.users[0]
                deployment.sandbox.set(behaviour: .failure, forUser: user)
                try await deployment.sandbox.waitForCalls(atLeast: 4, fromUser: user)
                // The jitter takes the upper half of 2, 4 and 8 s: what follows is never shorter than half of each.
                let pauses = try deployment.pauses(of: user)
                for (pause, least) in zip(pauses, [1, 2, 4]) { #expect(pause >= .seconds(least)) }
            }
        }

        @Test func `a refused token parks its user until there is a new one`() async throws {
            try await Deployment.running { deployment in
                let (user, sandbox, journal) = (deployment.users[0], deployment.sandbox, deployment.journal)
                sandbox.set(behaviour: .unauthorized, forUser: user)
                let match = "REFRESH_USER_ID=\(user.rawValue)"
                let record = try #require(
                    try await journal.wait(for: 1, match, "MESSAGE_ID=\(MessageID.userParked)").first)
                #expect(record["REFRESH_STATE"] == "parked")
                #expect(record["PRIORITY"] == "4")
                #expect(record.message.contains("to fix: bankrefreshd users add \(user.rawValue) (with a new token)"))

                try await sandbox.waitForCalls(atLeast: 4, fromUser: deployment.users[1])
                #expect(sandbox.calls(ofUser: user)?.count == 1)

                sandbox.set(behaviour: .success, forUser: user)
                let added = try await Tool.run(
                    "bankrefreshd", "users", "add", user.rawValue, input: deployment.tokens[1])
                #expect(try added.succeeded().output.contains("token replaced, no longer parked"))
                try await journal.wait(for: 1, match, "REFRESH_OUTCOME=refreshed")
            }
        }
    }
}
