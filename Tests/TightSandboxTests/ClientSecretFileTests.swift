import Foundation
import RefreshCore
import Testing
import TightSandbox

struct ClientSecretFileTests {
    private func withPath(_ body: (String) throws -> Void) rethrows {
        let path = FileManager.default.temporaryDirectory.appending(path: "secret-\(UUID())").path()
        defer { try? FileManager.default.removeItem(atPath: path) }
        try body(path)
    }

    @Test func `a file that is missing is made, private, and read the next time`() throws {
        try withPath { path in
            let made = try ClientSecretFile.read(orMakeAt: path)
            #expect(made.count == 40)
            let permissions = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(permissions == 0o600)
            let read = try ClientSecretFile.read(orMakeAt: path)
            #expect(read == made)
        }
    }

    @Test(arguments: [("a b", "a b"), ("a\n", "a"), ("a\r\n", "a"), (" a\n\n", " a")])
    func `a file's secret is what stands before the line break at its end`(text: String, secret: String) throws {
        try withPath { path in
            try Data(text.utf8).write(to: URL(filePath: path))
            let read = try ClientSecretFile.read(orMakeAt: path)
            #expect(read.withBytes { String(decoding: $0, as: UTF8.self) } == secret)
        }
    }

    @Test func `a file without a secret is refused by name`() throws {
        try withPath { path in
            try Data("\n".utf8).write(to: URL(filePath: path))
            let problem = #expect(throws: (any Error).self) { try ClientSecretFile.read(orMakeAt: path) }
            #expect(problem.map { "\($0)".hasPrefix(path) } == true)
        }
    }
}
