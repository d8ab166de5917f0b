import Foundation
import Glibc
import Testing

/// Keys that are a credential, as installed.
@Suite(.timeLimit(.minutes(1)))
struct KeyCredentialTests {
    private func withCredential(_ body: (Workplace) async throws -> Void) async throws {
        try await Workplace.with { place in
            try place.configure(["store": ["key": ["credential": "store-key"]]])
            try await place.importAll()
            try await body(place)
        }
    }

    private func keys(_ place: Workplace) async throws -> [[String: Any]] {
        try await place.run("key", "status", "--json").object["keys"] as? [[String: Any]] ?? []
    }

    @Test(arguments: [true, false])
    func `it is rotated and pruned in the file beside the configuration`(isRunning: Bool) async throws {
        try await withCredential { place in
            if isRunning { _ = try await place.startDaemon() }
            let before = try #require(try await keys(place).first?["id"] as? String)
            let rotated = try await place.run("key", "rotate")
            #expect(rotated.status == 0, "\(rotated.errors)")
            let after = try await keys(place)
            #expect(after.count == 2)
            #expect(after.first?["id"] as? String != before)
            #expect(after.first?["tokens"] as? Int == 3)
            let pruned = try await place.run("key", "prune")
            #expect(pruned.status == 0, "\(pruned.errors)")
            #expect(pruned.output == "removed from the key file: \(before)\n")
            let lines = try String(contentsOfFile: place.key, encoding: .utf8).split(separator: "\n")
            #expect(lines.count == 1)
        }
    }

    @Test func `a daemon that holds a copy of its start, and is no unit's, is to be restarted by hand`() async throws {
        try await withCredential { place in
            let copies = place.directory + "/credentials"
            func copy() throws {
                try? FileManager.default.removeItem(atPath: copies)
                try FileManager.default.createDirectory(atPath: copies, withIntermediateDirectories: false)
                try FileManager.default.copyItem(atPath: place.key, toPath: copies + "/store-key")
            }
            try copy()
            let first = try await place.startDaemon(environment: ["CREDENTIALS_DIRECTORY": copies])
            let rotated = try await place.run("key", "rotate")
            #expect(rotated.status == 75)
            #expect(rotated.errors.contains("restart the daemon, then: bankrefreshd key rotate --reseal"))
            first.send(SIGTERM)
            _ = await first.result()
            try copy()
            _ = try await place.startDaemon(environment: ["CREDENTIALS_DIRECTORY": copies])
            #expect(try await place.run("key", "rotate", "--reseal").status == 0)
            #expect(try await keys(place).first?["tokens"] as? Int == 3)
        }
    }

    @Test func `a key that the unit did not find is told by the daemon, as a matter of configuration`() async throws {
        try await withCredential { place in
            let handedOver = place.directory + "/credentials"
            try FileManager.default.createDirectory(atPath: handedOver, withIntermediateDirectories: false)
            try Data("missing".utf8).write(to: URL(filePath: handedOver + "/store-key"))
            let ended = try await place.run(
                "run", environment: ["BANKREFRESHD_CONFIG": place.config, "CREDENTIALS_DIRECTORY": handedOver])
            #expect(ended.status == 78)
            #expect(
                ended.errors.contains(
                    "The daemon cannot run: store.key: the unit found no key to load for the credential store-key"))
            #expect(ended.errors.contains("bankrefreshd key generate \(place.key); then: systemctl start bankrefreshd"))
        }
    }
}
