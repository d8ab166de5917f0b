import Foundation
import Testing

extension InstalledDaemon {
    @Suite struct StartTests {
        @Test func `systemctl start returns when the daemon is ready and takes commands`() async throws {
            try await Deployment.running(starts: false) { deployment in
                try await Unit.start().succeeded()
                // Sent together with READY=1: had systemctl not waited for it, it would not be there yet.
                #expect(try await Unit.property("StatusText").hasPrefix("Refreshing, "))
                #expect(try await Unit.property("Type") == "notify")
                #expect(try await Tool.run("bankrefreshd", "status").succeeded().output.contains("users"))
                try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.ready)")
            }
        }

        @Test func `systemctl status says in a line what the daemon does`() async throws {
            try await Deployment.running { _ in
                let status = try await Tool.run("systemctl", "status", "--no-pager", Unit.name).succeeded().output
                // Now: the first calls are about to begin.
                let line = /Status: "Refreshing, \d+ in flight, next call (now|20\d\d-\d\d-\d\dT[\d:.]+Z)"/
                #expect(status.contains(line))
            }
        }

        @Test func `it knows which boot of the machine it runs in`() async throws {
            try await Deployment.running { _ in
                let environment = try String(
                    contentsOfFile: "/proc/\(try await Unit.mainPID())/environ", encoding: .utf8)
                let boot = try String(contentsOfFile: "/proc/sys/kernel/random/boot_id", encoding: .utf8)
                    .replacing("-", with: "").trimmingCharacters(in: .newlines)
                #expect(environment.contains("BANKREFRESHD_BOOT_ID=\(boot)\0"))
            }
        }

        @Test func `it runs as a user of its own, and its files are nobody else's`() async throws {
            try await Deployment.running { _ in
                func rights(_ path: String) async throws -> String {
                    try await Tool.run("stat", "--format=%U:%G %a", path).succeeded().output
                        .trimmingCharacters(in: .newlines)
                }
                let process = "/proc/\(try await Unit.mainPID())"
                #expect(try await rights(process).hasPrefix("bankrefreshd:bankrefreshd"))
                #expect(try await rights(Machine.stateDirectory) == "bankrefreshd:bankrefreshd 700")
                for name in try FileManager.default.contentsOfDirectory(atPath: Machine.stateDirectory) {
                    let path = "\(Machine.stateDirectory)/\(name)"
                    #expect(try await rights(path) == "bankrefreshd:bankrefreshd 600", "\(name)")
                }
                #expect(try await rights("/run/bankrefreshd") == "bankrefreshd:bankrefreshd 755")
                #expect(try await rights(Machine.socketPath) == "bankrefreshd:bankrefreshd 660")
                #expect(try await rights(Machine.keyPath) == "root:root 600")
            }
        }

        @Test func `members of the group may give commands, nobody else may`() async throws {
            try await Deployment.running { deployment in
                for user in ["member", "stranger"] { try await Tool.run("useradd", "--system", user) }
                try await Tool.run("usermod", "--append", "--groups=bankrefreshd", "member").succeeded()
                let member = try await Tool.run("runuser", "-u", "member", "--", "bankrefreshd", "status")
                #expect(member.status == 0, "\(member.errors)")
                let said = try await deployment.journal.text(["--grep=thread priority"])
                #expect(said.isEmpty, "\(said)")
                let stranger = try await Tool.run("runuser", "-u", "stranger", "--", "bankrefreshd", "status")
                #expect(stranger.status == 77)
                #expect(stranger.errors.contains("no permission to connect to \(Machine.socketPath)"))
            }
        }
    }
}
