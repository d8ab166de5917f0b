import Foundation
import Glibc
import Testing

extension InstalledDaemon {
    @Suite struct TokensExportTests {
        @Test func `the journal tells as a warning that the tokens left, and who took them`() async throws {
            try await Deployment.running { deployment in
                let file = FileManager.default.temporaryDirectory.appending(path: "left-\(UUID())").path()
                defer { unlink(file) }
                #expect(try await Tool.run("bankrefreshd", "tokens", "export", file).status == 75)
                try await Unit.stop().succeeded()
                try await Tool.run("bankrefreshd", "tokens", "export", file).succeeded()
                let record = try #require(
                    try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.tokensExported)").first)
                #expect(record["PRIORITY"] == "4")
                #expect(record.message.hasPrefix("The tokens of 3 users leave the store in clear text"))
                #expect(record.message.hasSuffix("run by uid 0"))
                let rights = try await Tool.run("stat", "--format=%U:%G %a", file).succeeded().output
                #expect(rights == "root:root 600\n")
                let text = try String(contentsOfFile: file, encoding: .utf8)
                let said = try await deployment.journal.text(["--output=export", "--all"])
                for token in deployment.tokens {
                    #expect(text.contains(token))
                    #expect(!said.contains(token))
                }
                #expect(try await deployment.journal.records("MESSAGE_ID=\(MessageID.tokensExported)").count == 1)
            }
        }
    }
}
