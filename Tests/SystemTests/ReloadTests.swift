import Foundation
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct ReloadTests {
        private static let daily = ["schedule": #"{"every": "1d", "minimumInterval": "1s", "attemptsPerDay": 100000}"#]
        private static let brisk = ["schedule": #"{"every": "1s", "minimumInterval": "1s", "attemptsPerDay": 100000}"#]
        /// An unknown key, and a span that is none.
        private static let broken = ["schedule": #"{"evry": "1s"}"#, "limits": #"{"drain": "soon"}"#]

        @Test func `systemctl reload takes a good file and says what changed`() async throws {
            try await Deployment.running(with: Self.daily) { deployment in
                var deployment = deployment
                try deployment.configure(Self.brisk)
                let pid = try await Unit.mainPID()
                try await Unit.reload().succeeded()
                let record = try #require(
                    try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.reloaded)").first)
                #expect(record.message.contains("schedule.every: 1d → 1s"))
                for user in deployment.users { try await deployment.sandbox.waitForCalls(atLeast: 2, fromUser: user) }
                #expect(try await Unit.mainPID() == pid)
            }
        }

        @Test func `a setting that needs a restart is named`() async throws {
            try await Deployment.running(with: Self.daily) { deployment in
                var deployment = deployment
                try deployment.configure(["control": #"{"socket": "/run/bankrefreshd/other.sock"}"#])
                // As the file says, the client looks elsewhere: the daemon still listens where it did.
                try await Unit.signal(SIGHUP)
                let record = try #require(
                    try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.reloaded)").first)
                #expect(
                    record.message.contains("these need a restart (systemctl restart bankrefreshd): control.socket"))
            }
        }

        @Test func `systemctl reload fails on a bad file, and the daemon goes on as before`() async throws {
            try await Deployment.running { deployment in
                var deployment = deployment
                let pid = try await Unit.mainPID()
                try deployment.configure(Self.broken)
                #expect(try await Unit.reload().status != 0)
                let record = try #require(
                    try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.reloadRefused)").first)
                for problem in ["schedule.evry", "limits.drain"] { #expect(record.message.contains(problem)) }
                #expect(record["PRIORITY"] == "3")

                let before = deployment.sandbox.totals.total
                try await deployment.sandbox.waitForCalls(atLeast: before + 12)
                #expect(try await Unit.mainPID() == pid)
                #expect(try await Unit.property("ActiveState") == "active")
                #expect(try await Unit.property("StatusText").contains("reload refused, 2 problems"))

                try deployment.configure(Self.brisk.merging(["limits": "{}"]) { first, _ in first })
                try await Unit.reload().succeeded()
                #expect(try await !Unit.property("StatusText").contains("refused"))
            }
        }

        @Test func `a stop during a reload is a stop, and leaves nothing failed`() async throws {
            try await Deployment.running { _ in
                // The reload waits for the daemon's answer, which does not come before the stop has it go on.
                try await Unit.signal(SIGSTOP)
                async let reload = Unit.reload()
                while try await Unit.property("ControlPID") == "0" { try await Task.sleep(for: .milliseconds(50)) }
                try await Unit.stop().succeeded()
                _ = try await reload
                #expect(try await Unit.property("ActiveState") == "inactive")
                #expect(try await Unit.property("Result") == "success")
            }
        }

        @Test func `a daemon that dies during a reload is started again at once`() async throws {
            try await Deployment.running { deployment in
                try await Unit.signal(SIGSTOP)
                async let reload = Unit.reload()
                while try await Unit.property("ControlPID") == "0" { try await Task.sleep(for: .milliseconds(50)) }
                try await Unit.signal(SIGKILL)
                // After RestartSec= of the unit, not after the watchdog's time: the reload ends with its daemon.
                try await deployment.journal.wait(for: 2, "MESSAGE_ID=\(MessageID.ready)")
                _ = try await reload
                #expect(try await Unit.property("ActiveState") == "active")
            }
        }

        @Test func `SIGHUP reloads too`() async throws {
            try await Deployment.running(with: Self.daily) { deployment in
                var deployment = deployment
                try deployment.configure(Self.broken)
                try await Unit.signal(SIGHUP)
                try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.reloadRefused)")
                try deployment.configure(Self.brisk.merging(["limits": "{}"]) { first, _ in first })
                try await Unit.signal(SIGHUP)
                try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.reloaded)")
                try await deployment.sandbox.waitForCalls(atLeast: 3)
            }
        }
    }
}
