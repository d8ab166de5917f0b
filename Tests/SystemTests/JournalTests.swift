import Foundation
import RefreshCore
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct JournalTests {
        @Test func `a success is found by its outcome, with every field`() async throws {
            try await Deployment.running { deployment in
                let record = try #require(
                    try await deployment.journal.wait(for: 1, "REFRESH_OUTCOME=refreshed").first)
                #expect(deployment.users.map(\.rawValue).contains(record.user))
                #expect(record["REFRESH_ATTEMPT"] == "1")
                #expect(record["REFRESH_HTTP_STATUS"] == "200")
                #expect(record["REFRESH_STATE"] == "scheduled")
                #expect(record["REFRESH_TRIGGER"] == "schedule")
                #expect(record["REFRESH_ERROR"] == nil)
                #expect(try #require(record["REFRESH_DURATION_USEC"].flatMap { Int($0) }) > 0)
                let due = try #require(record["REFRESH_NEXT_DUE"])
                let next = try #require(Timestamp(rfc3339: due))
                #expect(next.microsecondsSinceEpoch > record.receivedAt)
                #expect(due.hasSuffix("Z"))
                #expect(record.message.hasPrefix("User \(record.user): refreshed in "))
                #expect(record.message.hasSuffix("; next call \(due)"))
                #expect(record["PRIORITY"] == "6")
                #expect(record["SYSLOG_IDENTIFIER"] == "bankrefreshd")
                #expect(record["_SYSTEMD_UNIT"] == Unit.name)
                #expect(record["_TRANSPORT"] == "journal")
            }
        }

        @Test func `a failure is found by its user, with its reason and what follows`() async throws {
            try await Deployment.running { deployment in
                let user = deployment.users[0]
                deployment.sandbox.set(
                    behaviour: .failure(FailureMessages(global: ["The bank is closed\u{1B}[31m"])), forUser: user)
                let record = try #require(
                    try await deployment.journal.wait(
                        for: 1, "REFRESH_USER_ID=\(user.rawValue)", "REFRESH_OUTCOME=rejected"
                    ).first)
                #expect(try #require(record["REFRESH_ERROR"]).contains("The bank is closed"))
                #expect(record["REFRESH_STATE"] == "backing off")
                #expect(record["PRIORITY"] == "5")
                #expect(record.message.contains("rejected (attempt 1): "))
                #expect(record.message.contains("; next try 20"))
                #expect(!record.message.contains("\u{1B}"))
            }
        }

        @Test func `priority warning shows what needs a person, and nothing else`() async throws {
            try await Deployment.running(users: 6) { deployment in
                let behaviours: [Behaviour] = [.unauthorized, .forbidden, .failure, .html200, .status(503, .html)]
                for (user, behaviour) in zip(deployment.users, behaviours) {
                    deployment.sandbox.set(behaviour: behaviour, forUser: user)
                }
                let (journal, sandbox) = (deployment.journal, deployment.sandbox)
                for user in deployment.users { try await sandbox.waitForEndedCalls(atLeast: 1, fromUser: user) }
                for outcome in ["unauthorized", "forbidden", "rejected", "malformed", "unavailable", "refreshed"] {
                    try await journal.wait(for: 1, "REFRESH_OUTCOME=\(outcome)")
                }
                try await journal.wait(for: 2, "MESSAGE_ID=\(MessageID.userParked)")
                let warnings = try await journal.records("--priority=warning", "_SYSTEMD_UNIT=\(Unit.name)")
                #expect(Set(warnings.map(\.user)) == Set(deployment.users.prefix(2).map(\.rawValue)))
                #expect(warnings.count == 2)
                #expect(warnings.allSatisfy { $0.message.contains("to fix: bankrefreshd users ") })
            }
        }

        @Test func `journalctl explains every kind of entry`() async throws {
            try await Deployment.running { deployment in
                try await deployment.journal.wait(for: 1, "REFRESH_OUTCOME=refreshed")
                let kinds = Set(
                    try await deployment.journal.records("_SYSTEMD_UNIT=\(Unit.name)").map(\.messageID))
                #expect(kinds.count >= 3)
                for kind in kinds {
                    let text = try await deployment.journal.text(["--catalog", "MESSAGE_ID=\(kind)"])
                    #expect(text.contains(" Subject: "), "\(text)")
                    #expect(text.contains(" Defined-By: bankrefreshd"), "\(text)")
                    #expect(!text.contains(/@REFRESH_[A-Z_]+@/), "\(text)")
                }
            }
        }

        @Test func `the catalog of the machine has every kind that the daemon writes`() async throws {
            try await Machine.prepared()
            let shipped = try String(
                contentsOfFile: "/usr/lib/systemd/catalog/bankrefreshd.catalog", encoding: .utf8)
            let ids = shipped.matches(of: #/(?m)^-- ([0-9a-f]{32})$/#).map { String($0.1) }
            #expect(ids.count > 30)
            let known = try await Tool.run("journalctl", "--list-catalog", "--no-pager").succeeded().output
            #expect(ids.filter { !known.contains("\($0) bankrefreshd: ") }.isEmpty)
        }

        @Test func `nothing reaches the journal but the daemon's own entries`() async throws {
            try await Deployment.running { deployment in
                try await deployment.journal.wait(for: 6, "REFRESH_OUTCOME=refreshed")
                try await Unit.stop().succeeded()
                let strays = try await deployment.journal.records("_SYSTEMD_UNIT=\(Unit.name)")
                    .filter { $0["_TRANSPORT"] != "journal" || $0.messageID.isEmpty }
                // Lines of the runtime come over stderr, such as libdispatch's complaints about thread priorities.
                #expect(strays.map(\.message).isEmpty)
            }
        }
    }
}
