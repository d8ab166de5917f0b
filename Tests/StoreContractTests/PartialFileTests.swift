import Foundation
import Glibc
import Testing

@testable import SQLiteStore

/// What is left of files that were never completed.
@Suite struct PartialFileTests {
    /// The number of a process that ended.
    private static func ended() throws -> pid_t {
        let process = Process()
        process.executableURL = URL(filePath: "/bin/true")
        try process.run()
        process.waitUntilExit()
        return process.processIdentifier
    }

    private static func make(_ path: String, writtenAt moment: Int? = nil) throws {
        try Data("x".utf8).write(to: URL(filePath: path))
        guard let moment else { return }
        let time = timeval(tv_sec: moment, tv_usec: 0)
        #expect(utimes(path, [time, time]) == 0)
    }

    @Test func `what a process left that is gone is removed, what one writes stays`() async throws {
        try await withTemporaryDirectory { directory in
            let gone = try Self.ended()
            let (alive, target) = (getppid(), directory + "/b")
            let abandoned = ["b.\(gone).partial", "b.\(gone).partial-journal", "b.\(gone).partial.\(gone).partial"]
            let others = [
                "b", "b.\(gone)", "b.\(alive).partial", "b.partial", "b.x.partial", "c.\(gone).partial",
            ]
            for name in abandoned + others { try Self.make("\(directory)/\(name)") }
            PartialFile.removeAbandoned(of: target)
            let left = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            #expect(left == others.sorted())
        }
    }

    // In a directory that hosts share, the number is another host's.
    @Test func `among backups, what may still be written stays, whoever writes it`() async throws {
        try await withTemporaryDirectory { directory in
            let now = Int(Date().timeIntervalSince1970)
            let (gone, backup) = (try Self.ended(), directory + "/store-2030-03-17T17-47-10Z.sqlite")
            try Self.make("\(backup).\(gone).partial")
            try Self.make("\(backup).\(gone).partial-journal", writtenAt: now - 1_800)
            try Self.make("\(backup)-2.\(gone).partial", writtenAt: now - 7_200)
            BackupDirectory(directory, of: 1).removeAbandoned(isShared: true)
            let left = try FileManager.default.contentsOfDirectory(atPath: directory).map { "\(directory)/\($0)" }
            #expect(left.sorted() == ["\(backup).\(gone).partial", "\(backup).\(gone).partial-journal"])
        }
    }

    @Test func `a process that began after the file was written is not the one that wrote it`() async throws {
        try await withTemporaryDirectory { directory in
            let file = PartialFile.name(for: directory + "/b")
            try Self.make(file)
            PartialFile.removeAbandoned(of: directory + "/b")
            #expect(FileManager.default.fileExists(atPath: file))
            // Last week; this process has not run for that long.
            try Self.make(file, writtenAt: Int(Date().timeIntervalSince1970) - 604_800)
            PartialFile.removeAbandoned(of: directory + "/b")
            #expect(!FileManager.default.fileExists(atPath: file))
        }
    }
}
