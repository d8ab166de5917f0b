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
                try await expect("is read-only for the daemon (ProtectSystem=strict in the unit)", status: "77")
                try await Machine.addDropIn("[Service]\nReadWritePaths=/srv/bank\n")
                #expect(try await Tool.run("bankrefreshd", "check-config").status == 0)
                try await Unit.start().succeeded()
                try await Unit.stop().succeeded()
            }
        }
    }
}
