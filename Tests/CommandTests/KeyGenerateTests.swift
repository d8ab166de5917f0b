import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1)))
struct KeyGenerateTests {
    @Test(arguments: ["000", "077", "777"])
    func `a key file is for its owner alone, whatever the umask`(umask: String) async throws {
        try await Workplace.with { place in
            let path = place.directory + "/new-key"
            let program = try Program.bankrefreshd.path()
            let made = try await place.start(
                "/bin/sh", ["-c", "umask \(umask); exec \(program) key generate \(path)"], environment: [:]
            ).result()
            #expect(made.status == 0)
            let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
            #expect(mode == 0o600)
            #expect(made.errors.contains("keep a copy elsewhere"))
            let key = try String(contentsOfFile: path, encoding: .utf8)
            #expect(key.count == 45)
            #expect(!(made.output + made.errors).contains(key.dropLast()))
        }
    }

    @Test func `what exists is left as it is`() async throws {
        try await Workplace.with { place in
            let before = try Data(contentsOf: URL(filePath: place.key))
            let again = try await place.run("key", "generate", place.key)
            #expect(again.status == 65)
            #expect(again.errors.contains("\(place.key) exists and is left as it is"))
            #expect(try Data(contentsOf: URL(filePath: place.key)) == before)
            let link = place.directory + "/link"
            try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: place.directory + "/target")
            #expect(try await place.run("key", "generate", link).status == 65)
            #expect(!FileManager.default.fileExists(atPath: place.directory + "/target"))
            #expect(try await place.run("key", "generate", place.directory + "/no/key").status == 65)
        }
    }

    @Test func `into a pipe goes the key and nothing else, and each is another`() async throws {
        try await Workplace.with { place in
            let keys = [try await place.run("key", "generate"), try await place.run("key", "generate")]
            for key in keys {
                #expect(key.status == 0)
                #expect(key.output.wholeMatch(of: /[A-Za-z0-9+\/_=-]{44}\n/) != nil)
            }
            #expect(keys[0].output != keys[1].output)
        }
    }

    @Test func `a terminal does not get to show a key`() async throws {
        try await Workplace.with { place in
            let refused = try await place.start(["key", "generate"], terminal: Terminal()).result()
            #expect(refused.status == 64)
            #expect(refused.output.contains("name a file: bankrefreshd key generate PATH"))
            #expect(refused.output.firstMatch(of: /[A-Za-z0-9+\/_-]{43}=/) == nil)
        }
    }
}
