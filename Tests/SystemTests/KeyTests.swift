import Foundation
import Testing
import TightSandbox

extension InstalledDaemon {
    /// The key as installed: a credential that systemd loads from beside the configuration.
    @Suite struct KeyTests {
        @Test func `a missing key is told by the daemon, which stays stopped`() async throws {
            try await Deployment.running(starts: false) { deployment in
                let key = try Data(contentsOf: URL(filePath: Machine.keyPath))
                try FileManager.default.removeItem(atPath: Machine.keyPath)
                #expect(try await Unit.start().status != 0)
                let record = try #require(
                    try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.failed)").first)
                #expect(record.message.contains("the unit found no key to load for the credential store-key"))
                #expect(record.message.contains("bankrefreshd key generate \(Machine.keyPath)"))
                #expect(try await Unit.property("ExecMainStatus") == "78")
                #expect(try await Unit.property("ActiveState") == "failed")
                #expect(try await Unit.property("NRestarts") == "0")
                try key.write(to: URL(filePath: Machine.keyPath))
                try await Tool.run("chmod", "600", Machine.keyPath).succeeded()
                try await Unit.start().succeeded()
            }
        }

        @Test func `a key file that is lost meanwhile is saved from what systemd loaded`() async throws {
            try await Deployment.running { deployment in
                try FileManager.default.removeItem(atPath: Machine.keyPath)
                // As docs/keys.md says.
                let loaded = "/run/credentials/\(Unit.name)/store-key"
                try await Tool.run("install", "-m", "600", loaded, Machine.keyPath).succeeded()
                let status = try await Tool.run("bankrefreshd", "key", "status").succeeded()
                #expect(status.output.contains("encrypts new tokens"))
                try await Tool.run("systemctl", "restart", Unit.name).succeeded()
                let before = deployment.sandbox.totals.total
                try await deployment.sandbox.waitForCalls(atLeast: before + 3)
            }
        }

        @Test func `it is rotated and pruned, by one command each`() async throws {
            try await Deployment.running { deployment in
                let pid = try await Unit.mainPID()
                let rotated = try await Tool.run("bankrefreshd", "key", "rotate").succeeded()
                #expect(rotated.errors.contains("restarting \(Unit.name)"))
                #expect(try await Unit.mainPID() != pid)
                #expect(try await Unit.property("Result") == "success")
                let lines = try String(contentsOfFile: Machine.keyPath, encoding: .utf8).split(separator: "\n")
                #expect(lines.count == 2)
                #expect(rotated.output.contains("encrypts new tokens"))
                #expect(rotated.output.contains("not needed: bankrefreshd key prune"))
                let pruned = try await Tool.run("bankrefreshd", "key", "prune").succeeded()
                #expect(pruned.output.hasPrefix("removed from the key file: "))
                let rights = try await Tool.run("stat", "--format=%U:%G %a", Machine.keyPath).succeeded().output
                #expect(rights == "root:root 600\n")
                try await Tool.run("systemctl", "restart", Unit.name).succeeded()
                let before = deployment.sandbox.totals.total
                try await deployment.sandbox.waitForCalls(atLeast: before + 3)
            }
        }
    }
}
