import Foundation
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct OutageTests {
        private static let breaker = [
            "breaker": #"{"window": "5s", "firstPause": "500ms", "longestPause": "1s", "probes": 1}"#
        ]

        @Test(arguments: [Outage.status(503), .refuse])
        func `an outage of the API costs a few probes, is told once a change, and ends`(outage: Outage) async throws {
            try await Deployment.running(users: 20, with: Self.breaker) { deployment in
                let (sandbox, journal) = (deployment.sandbox, deployment.journal)
                try await sandbox.waitForEndedCalls(atLeast: 20)
                try await sandbox.set(outage: outage)
                let opened = try await journal.wait(for: 1, "MESSAGE_ID=\(MessageID.breakerOpened)")
                #expect(opened[0]["PRIORITY"] == "4")
                #expect(opened[0].message.hasPrefix("All calls are suspended until "))
                // Calls that were under way when it opened have ended when the first probe is made.
                try await journal.wait(for: 1, "MESSAGE_ID=\(MessageID.breakerProbing)")
                let before = sandbox.totals.total
                try await journal.wait(for: 4, "MESSAGE_ID=\(MessageID.breakerProbing)")
                #expect(sandbox.totals.total - before <= 4)
                #expect(try await Unit.property("StatusText").contains(" the API"))

                try await sandbox.set(outage: nil)
                let closed = try await journal.wait(for: 1, "MESSAGE_ID=\(MessageID.breakerClosed)")
                #expect(closed[0].message.hasPrefix("The API answers again after "))
                let kinds = try await journal.records("_SYSTEMD_UNIT=\(Unit.name)").map(\.messageID)
                    .filter {
                        [MessageID.breakerOpened, MessageID.breakerProbing, MessageID.breakerClosed].contains($0)
                    }
                #expect(zip(kinds, kinds.dropFirst()).allSatisfy { $0 != $1 })
                #expect(kinds.last == MessageID.breakerClosed)
                let after = sandbox.totals.total
                try await sandbox.waitForCalls(atLeast: after + 40)
            }
        }
    }
}
