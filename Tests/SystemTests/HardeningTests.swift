import Foundation
import Testing

extension InstalledDaemon {
    @Suite struct HardeningTests {
        @Test func `the process has no privileges, a filter on system calls, and leaves no core`() async throws {
            try await Deployment.running { _ in
                let process = "/proc/\(try await Unit.mainPID())"
                let status = try String(contentsOfFile: "\(process)/status", encoding: .utf8)
                #expect(status.contains("NoNewPrivs:\t1\n"))
                #expect(status.contains("Seccomp:\t2\n"))
                for set in ["CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"] {
                    #expect(status.contains("\(set):\t0000000000000000\n"), "\(set)")
                }
                let limits = try String(contentsOfFile: "\(process)/limits", encoding: .utf8)
                #expect(limits.contains(#/Max core file size +1 +1 /#))
            }
        }

        @Test(arguments: ["mnt", "user", "ipc"])
        func `the process has namespaces of its own`(kind: String) async throws {
            try await Deployment.running { _ in
                let own = try FileManager.default.destinationOfSymbolicLink(
                    atPath: "/proc/\(try await Unit.mainPID())/ns/\(kind)")
                let first = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/1/ns/\(kind)")
                #expect(own != first)
            }
        }

        @Test func `systemd finds nothing to complain of in the unit, and an exposure of 1,1 at most`() async throws {
            try await Machine.prepared()
            let verify = try await Tool.run(
                "systemd-analyze", "verify", "--man=no", "/usr/lib/systemd/system/\(Unit.name)")
            #expect(verify.status == 0)
            #expect(verify.errors.isEmpty)
            // The threshold is in tenths.
            let security = try await Tool.run(
                "systemd-analyze", "security", "--no-pager", "--threshold=11", Unit.name)
            #expect(security.status == 0, "\(security.output.suffix(120))")
        }
    }
}
