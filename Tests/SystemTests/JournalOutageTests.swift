import Foundation
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct JournalOutageTests {
        @Test func `while journald stands still, calls go on and nothing is lost untold`() async throws {
            let patience = "[Service]\nWatchdogSec=2s\n"
            let schedule = #"{"every": "1s", "minimumInterval": "500ms", "attemptsPerDay": 100000}"#
            try await Deployment.running(users: 200, with: ["schedule": schedule], dropIn: patience) { deployment in
                let (sandbox, journal) = (deployment.sandbox, deployment.journal)
                try await sandbox.waitForEndedCalls(atLeast: 200)
                let journald = try await Unit.mainPID(of: "systemd-journald.service")
                try #require(kill(journald, SIGSTOP) == 0)
                defer { kill(journald, SIGCONT) }
                // More than its socket takes before senders block (512 datagrams), and longer than the watchdog waits.
                let before = sandbox.totals.total
                try await sandbox.waitForCalls(atLeast: before + 1_000)
                try #require(kill(journald, SIGCONT) == 0)

                try await Unit.stop().succeeded()
                #expect(try await Unit.property("NRestarts") == "0")
                #expect(try await Unit.property("Result") == "success")
                let told = try await journal.records("_SYSTEMD_UNIT=\(Unit.name)").filter { $0.outcome != nil }.count
                let dropped = try await journal.records("MESSAGE_ID=\(MessageID.entriesDropped)").map(\.message)
                #expect(told == sandbox.totals.total || !dropped.isEmpty, "\(told) of \(sandbox.totals.total)")
            }
        }
    }
}
