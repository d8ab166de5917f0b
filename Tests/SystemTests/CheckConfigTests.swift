import Foundation
import Testing
import TightSandbox

extension InstalledDaemon {
    /// What root is told before the daemon meets it.
    @Suite struct CheckConfigTests {
        /// That check-config says so, and that the daemon indeed does not start.
        private func expect(_ words: String, status: String = "78") async throws {
            let checked = try await Tool.run("bankrefreshd", "check-config")
            #expect(checked.status == 78, "\(checked.output)\(checked.errors)")
            #expect(checked.errors.contains(words), "\(checked.errors)")
            #expect(try await Unit.start().status != 0)
            #expect(try await Unit.property("ExecMainStatus") == status)
            try await Unit.stop().succeeded()
            try await Tool.run("systemctl", "reset-failed", Unit.name)
        }

        private static func api(_ deployment: Deployment, caFile: String) -> String {
            #"{"baseURL": "\#(deployment.sandbox.baseURL)", "caFile": "\#(caFile)"}"#
        }

        @Test func `what only root can reach, or the unit hides, is told with the way out`() async throws {
            try await Deployment.running(starts: false) { deployment in
                var deployment = deployment
                #expect(try await Tool.run("bankrefreshd", "check-config").status == 0)
                let authority = try Data(contentsOf: URL(filePath: Deployment.authorityPath))

                try await Tool.run("chmod", "600", Machine.configurationPath).succeeded()
                try await expect(
                    "may not read \(Machine.configurationPath); run: chmod o+r \(Machine.configurationPath)")
                try await Tool.run("chmod", "644", Machine.configurationPath).succeeded()

                try await Tool.run("chmod", "700", Machine.configurationDirectory).succeeded()
                try await expect("may not enter \(Machine.configurationDirectory)")
                try await Tool.run("chmod", "755", Machine.configurationDirectory).succeeded()

                for directory in ["/home/ann", "/tmp/ann"] {
                    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
                    try authority.write(to: URL(filePath: directory + "/ca.pem"))
                    try deployment.configure(["api": Self.api(deployment, caFile: directory + "/ca.pem")])
                    try await expect(
                        "api.caFile: \(directory)/ca.pem is out of the daemon's sight: the unit "
                            + (directory.hasPrefix("/home") ? "hides /home from it" : "gives it a /tmp of its own"))
                }
                try deployment.configure(["api": Self.api(deployment, caFile: Deployment.authorityPath)])

                try FileManager.default.moveItem(atPath: Machine.configurationPath, toPath: "/root/config.json")
                try FileManager.default.createSymbolicLink(
                    atPath: Machine.configurationPath, withDestinationPath: "/root/config.json")
                try await expect("which leads to /root/config.json, is out of the daemon's sight: the unit hides /root")
                try FileManager.default.removeItem(atPath: Machine.configurationPath)
                try FileManager.default.moveItem(atPath: "/root/config.json", toPath: Machine.configurationPath)

                try await Tool.run("install", "-d", "-m", "0700", "-o", "bankrefreshd", "/srv/bank").succeeded()
                try deployment.configure(["store": #"{"sqlite": {"path": "/srv/bank/store.sqlite"}}"#])
                // What is mounted read-only may be mounted for writing again: the daemon tries again.
                try await expect("is read-only for the daemon (ProtectSystem=strict in the unit)", status: "75")
                try await Machine.addDropIn("[Service]\nReadWritePaths=/srv/bank\n")
                #expect(try await Tool.run("bankrefreshd", "check-config").status == 0)
                try await Unit.start().succeeded()
                try await Unit.stop().succeeded()
            }
        }

        @Test func `a credential that the unit does not find, or does not load`() async throws {
            try await Deployment.running(starts: false) { deployment in
                var deployment = deployment
                let (key, elsewhere) = (Machine.keyPath, "/root/the-key")
                try FileManager.default.moveItem(atPath: key, toPath: elsewhere)
                try await expect(
                    "store.key: there is no file \(key), from which the unit loads the credential store-key; put the key "
                        + "back; for a new store make one: bankrefreshd key generate \(key)\n")
                // From elsewhere, and read there.
                try await Machine.addDropIn("[Service]\nLoadCredential=store-key:\(elsewhere)\n")
                let found = try await Tool.run("bankrefreshd", "check-config")
                #expect(found.status == 0, "\(found.errors)")
                try await Unit.start().succeeded()
                try await Unit.stop().succeeded()

                try deployment.configure([
                    "api": #"{"baseURL": "\#(deployment.sandbox.baseURL)", "caFile": "\#(Deployment.authorityPath)", "#
                        + #""clientID": "us", "clientSecret": {"credential": "client-secret"}}"#
                ])
                try await expect(
                    "api.clientSecret: the unit loads no credential client-secret; systemctl edit bankrefreshd, with "
                        + "LoadCredential=client-secret:\(Machine.configurationDirectory)/client-secret under [Service]"
                )
                let secret = Machine.configurationDirectory + "/client-secret"
                try await Machine.addDropIn("[Service]\nLoadCredential=client-secret:\(secret)\n")
                let missing = try await Tool.run("bankrefreshd", "check-config")
                #expect(missing.errors.contains("api.clientSecret: there is no file \(secret)"), "\(missing.errors)")
                try "not-told\n".write(toFile: secret, atomically: false, encoding: .utf8)
                try await Tool.run("chmod", "600", secret).succeeded()
                let good = try await Tool.run("bankrefreshd", "check-config")
                #expect(good.status == 0, "\(good.errors)")
                try await Unit.start().succeeded()
            }
        }

        @Test func `what the unit mends at a start is no problem`() async throws {
            try await Deployment.running(starts: false) { _ in
                try await Tool.run("chmod", "500", Machine.stateDirectory).succeeded()
                let checked = try await Tool.run("bankrefreshd", "check-config")
                #expect(checked.status == 0, "\(checked.errors)")
                try await Unit.start().succeeded()
            }
        }
    }
}
