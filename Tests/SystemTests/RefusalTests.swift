import Foundation
import Testing

extension InstalledDaemon {
    @Suite struct RefusalTests {
        private func expectRefusal(_ journal: Journal, naming texts: String...) async throws {
            #expect(try await Unit.start().status != 0)
            #expect(try await Unit.property("ActiveState") == "failed")
            #expect(try await Unit.property("Result") == "exit-code")
            #expect(try await Unit.property("ExecMainStatus") == "78")
            #expect(try await Unit.property("NRestarts") == "0")
            let records = try await journal.records("MESSAGE_ID=\(MessageID.failed)")
            #expect(records.allSatisfy { $0["PRIORITY"] == "3" })
            for text in texts { #expect(records.contains { $0.message.contains(text) }, "\(text)") }
            // Once, and not again and again: the start is not repeated.
            let starts = try await journal.records("MESSAGE_ID=\(MessageID.starting)")
            #expect(starts.count == 1)
        }

        /// The store and the log that SQLite writes ahead of it.
        private func storeBytes() throws -> [Data] {
            try ["", "-wal"].map { Machine.storePath + $0 }
                .filter { FileManager.default.fileExists(atPath: $0) }
                .map { try Data(contentsOf: URL(filePath: $0)) }
        }

        @Test func `a wrong key ends the start and leaves the store alone`() async throws {
            try await Deployment.running(starts: false) { deployment in
                try FileManager.default.removeItem(atPath: Machine.keyPath)
                try await Tool.run("bankrefreshd", "key", "generate", Machine.keyPath).succeeded()
                let before = try storeBytes()
                try await expectRefusal(
                    deployment.journal, naming: "the key does not fit the store", "nothing was changed")
                #expect(try storeBytes() == before)
            }
        }

        @Test func `a damaged key ends the start with a word on what it should be`() async throws {
            try await Deployment.running(starts: false) { deployment in
                try Data("no key\n".utf8).write(to: URL(filePath: Machine.keyPath))
                try await expectRefusal(deployment.journal, naming: "store.key: ")
            }
        }

        @Test func `a broken configuration ends the start with every problem`() async throws {
            try await Deployment.running(starts: false) { deployment in
                var deployment = deployment
                try deployment.configure(["schedule": #"{"evry": "1s"}"#, "limits": #"{"drain": "soon"}"#])
                try await expectRefusal(deployment.journal, naming: "schedule.evry", "limits.drain")
            }
        }
    }
}
