import Foundation
import RefreshCore
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct SecretTests {
        @Test func `a key sealed by systemd-creds works, without a plain one on disk`() async throws {
            try await Deployment.running(starts: false) { deployment in
                let sealed = Machine.keyPath + ".cred"
                try await Tool.run("systemd-creds", "setup").succeeded()
                try await Tool.run(
                    "systemd-creds", "encrypt", "--with-key=host", "--name=store-key", Machine.keyPath, sealed
                ).succeeded()
                try FileManager.default.removeItem(atPath: Machine.keyPath)
                try await Machine.addDropIn(
                    "[Service]\nLoadCredential=\nLoadCredentialEncrypted=store-key:\(sealed)\n")
                try await Unit.start().succeeded()
                try await deployment.journal.wait(for: 3, "REFRESH_OUTCOME=refreshed")
            }
        }

        @Test func `a key in a sealed credential is changed by a restart, and every token is sealed anew`() async throws
        {
            try await Deployment.running(starts: false) { deployment in
                let sealed = Machine.keyPath + ".cred"
                let plain = Machine.keyPath + ".plain"
                func seal(_ keys: String) async throws {
                    try keys.write(toFile: plain, atomically: false, encoding: .utf8)
                    try? FileManager.default.removeItem(atPath: sealed)
                    try await Tool.run(
                        "systemd-creds", "encrypt", "--with-key=host", "--name=store-key", plain, sealed
                    ).succeeded()
                    try FileManager.default.removeItem(atPath: plain)
                }
                try await Tool.run("systemd-creds", "setup").succeeded()
                let old = try String(contentsOfFile: Machine.keyPath, encoding: .utf8)
                try FileManager.default.removeItem(atPath: Machine.keyPath)
                try await seal(old)
                try await Machine.addDropIn(
                    "[Service]\nLoadCredential=\nLoadCredentialEncrypted=store-key:\(sealed)\n")
                try await Unit.start().succeeded()
                let refused = try await Tool.run("bankrefreshd", "key", "rotate")
                #expect(refused.status == 78 && refused.errors.contains("key rotate --reseal"))

                let new = try await Tool.run("bankrefreshd", "key", "generate").succeeded().output
                try await seal(new + old)
                try await Unit.stop().succeeded()
                try await Unit.start().succeeded()
                try await Tool.run("bankrefreshd", "key", "rotate", "--reseal").succeeded()
                let status = try await Tool.run("bankrefreshd", "key", "status").succeeded().output
                #expect(status.contains("3       encrypts new tokens") && status.contains("key prune"), "\(status)")

                try await seal(new)
                try await Unit.stop().succeeded()
                try await Unit.start().succeeded()
                try await deployment.journal.wait(for: 1, "MESSAGE_ID=74a77678d2664edba23479f20585a8b6")
                try await Tool.run("bankrefreshd", "refresh", "--force", deployment.users[0].rawValue).succeeded()
            }
        }

        @Test func `neither token nor key is in the journal, the store, or what others can see`() async throws {
            try await Deployment.running(users: 6) { deployment in
                var deployment = deployment
                let echo = FailureMessages(global: ["token \(deployment.tokens[0]) is not known"])
                let behaviours: [Behaviour] = [.failure(echo), .unauthorized, .html200, .reset, .hang]
                for (user, behaviour) in zip(deployment.users, behaviours) {
                    deployment.sandbox.set(behaviour: behaviour, forUser: user)
                }
                for user in deployment.users { try await deployment.sandbox.waitForCalls(atLeast: 1, fromUser: user) }
                for outcome in ["rejected", "unauthorized", "malformed", "unknown", "refreshed"] {
                    try await deployment.journal.wait(for: 1, "REFRESH_OUTCOME=\(outcome)")
                }
                try await Tool.run("bankrefreshd", "users", "add", "user-000002", input: deployment.tokens[1])
                    .succeeded()
                let key = try String(contentsOfFile: Machine.keyPath, encoding: .utf8)
                    .trimmingCharacters(in: .newlines)
                try #require(key.count > 30)
                let process = "/proc/\(try await Unit.mainPID())"
                var places: [String: Data] = [
                    "environment": try Data(contentsOf: URL(filePath: "\(process)/environ")),
                    "arguments": try Data(contentsOf: URL(filePath: "\(process)/cmdline")),
                    "unit": Data(try await Tool.run("systemctl", "show", Unit.name).succeeded().output.utf8),
                    "users": Data(
                        try await Tool.run("bankrefreshd", "users", "list", "--json").succeeded().output.utf8),
                ]
                try deployment.configure(["limits": #"{"drain": "500ms"}"#])
                try await Unit.reload().succeeded()
                func take(_ directory: String) throws {
                    for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                        let path = "\(directory)/\(name)"
                        places[path] = try Data(contentsOf: URL(filePath: path))
                    }
                }
                // While the daemon runs, with the log that SQLite writes ahead, and after it has put that away.
                try take(Machine.stateDirectory)
                #expect(places.keys.contains(Machine.storePath + "-wal"))
                try await Unit.stop().succeeded()
                try take(Machine.stateDirectory)
                places["journal"] = Data(try await deployment.journal.text(["--output=export"]).utf8)
                #expect(places["journal"].map { $0.count > 10_000 } == true)
                for (place, data) in places {
                    for secret in deployment.tokens + [key] {
                        #expect(data.range(of: Data(secret.utf8)) == nil, "\(place)")
                        // The digits of a token without its check are half a secret already.
                        #expect(data.range(of: Data(secret.utf8.prefix(24))) == nil, "\(place)")
                    }
                }
            }
        }
    }
}
