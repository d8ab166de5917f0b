import Foundation
import RefreshCore
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct StopTests {
        @Test func `systemctl stop waits for a call in flight and keeps what came of it`() async throws {
            try await Deployment.running(users: 1) { deployment in
                let user = deployment.users[0]
                deployment.sandbox.set(behaviour: .slow(.seconds(2)), forUser: user)
                try await deployment.sandbox.waitForCalls(atLeast: 1)
                try await Unit.stop().succeeded()
                #expect(deployment.sandbox.calls(ofUser: user)?.calls.map(\.ending) == [.answered])
                #expect(try await Unit.property("Result") == "success")
                let stopping = try await deployment.journal.records("MESSAGE_ID=\(MessageID.stopping)")
                #expect(stopping.map(\.message) == ["Stopping; 1 call in flight may end"])
                let attempts = try await deployment.journal.records("REFRESH_USER_ID=\(user.rawValue)")
                #expect(attempts.compactMap(\.outcome) == ["refreshed"])
                let stopped = try await deployment.journal.records("MESSAGE_ID=\(MessageID.stopped)")
                #expect(stopped.map(\.message) == ["Stopped"])
                let warnings = try await deployment.journal.records(
                    "--priority=warning", "SYSLOG_IDENTIFIER=bankrefreshd")
                #expect(warnings.map(\.message).isEmpty)
                // Settled in the store, which the command reads now that no daemon runs.
                let shown = try await Tool.run("bankrefreshd", "users", "show", user.rawValue).succeeded().output
                #expect(shown.contains("refreshed (HTTP 200)"))
            }
        }

        @Test func `a call that outlasts the drain is given up as unknown`() async throws {
            let limits = #"{"drain": "1s"}"#
            try await Deployment.running(users: 1, with: ["limits": limits]) { deployment in
                let user = deployment.users[0]
                deployment.sandbox.set(behaviour: .hang, forUser: user)
                try await deployment.sandbox.waitForCalls(atLeast: 1)
                try await Unit.stop().succeeded()
                #expect(try await Unit.property("Result") == "success")
                #expect(try await Unit.property("ExecMainStatus") == "0")
                let attempts = try await deployment.journal.records("REFRESH_USER_ID=\(user.rawValue)")
                #expect(attempts.compactMap(\.outcome) == ["unknown"])
                let stopped = try await deployment.journal.records("MESSAGE_ID=\(MessageID.stopped)")
                #expect(
                    stopped.map(\.message) == ["Stopped; 1 call given up, to be repeated after the minimum interval"])
                let shown = try await Tool.run("bankrefreshd", "users", "show", user.rawValue).succeeded().output
                #expect(shown.contains("backing off"))
            }
        }

        @Test func `a restart carries on with the users there were`() async throws {
            try await Deployment.running { deployment in
                try await deployment.sandbox.waitForEndedCalls(atLeast: 3)
                try await Tool.run("systemctl", "restart", Unit.name).succeeded()
                let ready = try await deployment.journal.wait(for: 2, "MESSAGE_ID=\(MessageID.ready)")
                #expect(ready[1].message.hasPrefix("Ready: 3 users, "))
                let before = deployment.sandbox.totals.total
                try await deployment.sandbox.waitForCalls(atLeast: before + 6)
            }
        }
    }
}
