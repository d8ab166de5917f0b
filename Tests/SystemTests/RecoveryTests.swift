import Foundation
import RefreshCore
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct RecoveryTests {
        @Test func `a daemon that hangs is killed by the watchdog and works again`() async throws {
            let quick = "[Service]\nWatchdogSec=3s\nTimeoutAbortSec=1s\nRestartSec=100ms\n"
            try await Deployment.running(dropIn: quick) { deployment in
                try await deployment.sandbox.waitForCalls(atLeast: 1)
                let pid = try await Unit.mainPID()
                try await Unit.signal(SIGSTOP)
                try await deployment.journal.wait(for: 2, "MESSAGE_ID=\(MessageID.ready)")
                #expect(try await Unit.property("NRestarts") == "1")
                #expect(try await Unit.mainPID() != pid)
                let said = try await deployment.journal.records("UNIT=\(Unit.name)", "_PID=1").map(\.message)
                #expect(said.contains { $0.contains("Watchdog timeout") })
                let before = deployment.sandbox.totals.total
                try await deployment.sandbox.waitForCalls(atLeast: before + 6)
            }
        }

        @Test func `the watchdog is content with a daemon that has nothing to do`() async throws {
            let patience = "[Service]\nWatchdogSec=1s\n"
            let daily = ["schedule": #"{"every": "1d"}"#]
            try await Deployment.running(with: daily, dropIn: patience) { deployment in
                // A clock of the system is what is tested here: four times the watchdog's patience.
                try await Task.sleep(for: .seconds(4))
                #expect(try await Unit.property("NRestarts") == "0")
                #expect(try await Unit.property("ActiveState") == "active")
            }
        }

        @Test func `kill -9 amid calls loses nobody and calls nobody too soon`() async throws {
            let schedule = #"{"every": "4s", "minimumInterval": "3s", "attemptsPerDay": 100000}"#
            let quick = "[Service]\nRestartSec=100ms\n"
            try await Deployment.running(users: 40, with: ["schedule": schedule], dropIn: quick) { deployment in
                let (sandbox, journal) = (deployment.sandbox, deployment.journal)
                sandbox.set(behaviourForAll: .slow(.milliseconds(700)))
                try await sandbox.waitForCalls(atLeast: 15)
                try await Unit.signal(SIGKILL)
                try await journal.wait(for: 2, "MESSAGE_ID=\(MessageID.ready)")
                for user in deployment.users { try await sandbox.waitForEndedCalls(atLeast: 3, fromUser: user) }
                try await Unit.stop().succeeded()

                let calls = sandbox.calls.users
                #expect(calls.count == 40)
                let cut = calls.filter { $0.value.calls.contains { $0.ending == .givenUp } }
                try #require(!cut.isEmpty, "no call was in flight")
                for user in deployment.users {
                    #expect(try deployment.pauses(of: user).allSatisfy { $0 >= .seconds(3) }, "\(user)")
                }
                #expect(calls.values.allSatisfy { $0.maxConcurrent == 1 })
                let unknown = try await journal.records("REFRESH_OUTCOME=unknown")
                #expect(Set(unknown.map(\.user)).isSuperset(of: cut.keys))
                #expect(unknown.allSatisfy { $0["REFRESH_STATE"] == "backing off" })
                let listed = try await Tool.run("bankrefreshd", "users", "list", "--json").succeeded().output
                for user in deployment.users { #expect(listed.contains("\"\(user.rawValue)\"")) }
            }
        }
    }
}
