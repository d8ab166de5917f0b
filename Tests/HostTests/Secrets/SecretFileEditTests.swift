import Foundation
import Glibc
import Host
import RefreshCore
import Testing

struct SecretFileEditTests {
    private struct Refusal: Error {}

    private static func with(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "edit-\(UUID())").path()
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/secret"
        try Data("old".utf8).write(to: URL(filePath: path))
        try #require(chmod(path, 0o400) == 0)
        try body(path)
    }

    @Test func `a secret file is changed whole, with its owner and mode, or not at all`() throws {
        try Self.with { path in
            // Left by an edit that was killed before its end.
            try Data("half".utf8).write(to: URL(filePath: path + ".new"))
            if geteuid() == 0 { try #require(chown(path, 4_242, 4_243) == 0) }
            let before = try SecretFileEdit.edit(path, trusted: 4_242) { old in
                #expect(old == Secret("old".utf8))
                return Secret("new".utf8)
            }
            #expect(before == Secret("old".utf8))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
            #expect(!FileManager.default.fileExists(atPath: path + ".new"))
            var status = stat()
            try #require(stat(path, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o400)
            if geteuid() == 0 { #expect(status.st_uid == 4_242 && status.st_gid == 4_243) }

            #expect(throws: Refusal.self) { try SecretFileEdit.edit(path, trusted: 4_242) { _ in throw Refusal() } }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        }
    }

    @Test func `two at once do not lose each other's change`() throws {
        try Self.with { path in
            try SecretFileEdit.edit(path) { old in
                let problem = #expect(throws: SecretFileProblem.self) {
                    try SecretFileEdit.edit(path) { _ in Secret("other".utf8) }
                }
                #expect(problem.map { "\($0)".contains("another command is changing it") } == true)
                return Secret("new".utf8)
            }
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        }
    }

    @Test func `a link stays one, and what it leads to is changed`() throws {
        try Self.with { path in
            let link = path + "-link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: path)
            try SecretFileEdit.edit(link) { _ in Secret("new".utf8) }
            #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link) == path)
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "new")
        }
    }

    @Test func `a file that is open to others or not there is left alone`() throws {
        try Self.with { path in
            #expect(throws: SecretFileProblem.missing(path: path + "-none")) {
                try SecretFileEdit.edit(path + "-none") { $0 }
            }
            try #require(chmod(path, 0o644) == 0)
            #expect(throws: SecretFileProblem.openToOthers(path: path, mode: 0o644)) {
                try SecretFileEdit.edit(path) { $0 }
            }
        }
    }
}
