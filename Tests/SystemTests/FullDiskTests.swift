import Foundation
import Glibc
import Testing

extension InstalledDaemon {
    /// The state directory on a file system of its own that is full.
    @Suite struct FullDiskTests {
        private static let filler = "\(Machine.stateDirectory)/filler"

        private func fill() async throws {
            try await Tool.run("sh", "-c", "cat /dev/zero > \(Self.filler); sync")
        }

        @Test func `a stop is a stop, a start says why it fails, and goes on by itself once there is room`()
            async throws
        {
            try await Deployment.running(starts: false) { deployment in
                try await Tool.run("mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", Machine.stateDirectory).succeeded()
                defer { umount2(Machine.stateDirectory, Int32(MNT_DETACH)) }
                try await deployment.importUsers()
                try await Unit.start().succeeded()
                try await fill()
                try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.storeFailed)")
                let words = "The store does not work: the disk that holds \(Machine.storePath) is full"
                #expect(try await Unit.isShown(words))
                try await Unit.stop().succeeded()
                #expect(try await Unit.property("Result") == "success")
                #expect(try await Unit.property("ActiveState") == "inactive")

                #expect(try await Unit.start().status != 0)
                let failed = try await deployment.journal.wait(for: 1, "MESSAGE_ID=\(MessageID.failed)")
                #expect(failed.first?.message.contains("is full; make room; nothing is lost") ?? false)
                try FileManager.default.removeItem(atPath: Self.filler)
                try await deployment.journal.wait(for: 2, "MESSAGE_ID=\(MessageID.ready)")
                #expect(try await Unit.property("ActiveState") == "active")
                try await Unit.stop().succeeded()
            }
        }
    }
}
