import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct KeyRotateTests {
    /// The ids of the keys in the file, the sealing one first, and how many tokens each seals.
    private static func usage(_ place: Workplace) async throws -> [(id: String, tokens: Int)] {
        let status = try await place.run("key", "status", "--json")
        try #require(status.status == 0, "\(status.errors)")
        let keys = try #require(status.object["keys"] as? [[String: Any]])
        return try keys.map { (try #require($0["id"] as? String), try #require($0["tokens"] as? Int)) }
    }

    private static func keyFile(_ place: Workplace) throws -> String {
        try String(contentsOfFile: place.key, encoding: .utf8)
    }

    @Test func `without a daemon the command seals every token with a new key, and prunes the old one`() async throws {
        try await Workplace.with(users: 40) { place in
            try await place.importAll()
            let old = try await Self.usage(place)
            #expect(old.map(\.tokens) == [40])
            let before = try Self.keyFile(place)
            let rotated = try await place.run("key", "rotate")
            #expect(rotated.status == 0, "\(rotated.errors)")
            let new = try await Self.usage(place)
            #expect(new.map(\.tokens) == [40, 0])
            #expect(new.last?.id == old.first?.id)
            #expect(try Self.keyFile(place).hasSuffix(before))
            let mode = try FileManager.default.attributesOfItem(atPath: place.key)[.posixPermissions] as? Int
            #expect(mode == 0o600)

            let pruned = try await place.run("key", "prune")
            #expect(pruned.status == 0 && pruned.output.contains(old[0].id), "\(pruned.errors)")
            let last = try await Self.usage(place)
            #expect(last.map(\.id) == [new[0].id])
            #expect(try Self.keyFile(place).split(separator: "\n").count == 1)
            let again = try await place.run("key", "prune")
            #expect(again.status == 0 && again.output.contains("every key is needed"))

            _ = try await place.startDaemon()
            let refreshed = try await place.run("refresh", place.users[0].id.rawValue)
            #expect(refreshed.status == 0, "\(refreshed.output)")
        }
    }

    @Test func `a running daemon takes the new key and seals in the background, and calls go on`() async throws {
        try await Workplace.with(users: 40) { place in
            try await place.importAll()
            let daemon = try await place.startDaemon()
            let rotated = try await place.run("key", "rotate")
            #expect(rotated.status == 0, "\(rotated.errors)")
            #expect(try await Self.usage(place).map(\.tokens) == [40, 0])
            #expect(daemon.errors.text.contains("Every token is sealed with key"))
            // One that comes now is sealed with the new key.
            let added = try await place.run("users", "add", "new", input: place.token(0))
            #expect(added.status == 0)
            #expect(try await Self.usage(place).map(\.tokens) == [41, 0])
            let pruned = try await place.run("key", "prune")
            #expect(pruned.status == 0, "\(pruned.errors)")
            #expect(try await Self.usage(place).map(\.tokens) == [41])
            let refreshed = try await place.run("refresh", place.users[1].id.rawValue)
            #expect(refreshed.status == 0, "\(refreshed.output)")
        }
    }

    @Test func `a key that the store still asks for is not pruned before the store lets it go`() async throws {
        try await Workplace.with(users: 3) { place in
            try await place.importAll()
            let old = try Self.keyFile(place)
            let generated = try await place.run("key", "generate", place.directory + "/new-key")
            try #require(generated.status == 0, "\(generated.errors)")
            let new = try String(contentsOfFile: place.directory + "/new-key", encoding: .utf8)
            // As a rotation leaves it that ends when every token is sealed anew, and the store was not told yet.
            for user in place.users {
                let removed = try await place.run("users", "remove", user.id.rawValue)
                try #require(removed.status == 0, "\(removed.errors)")
            }
            let file = try #require(FileHandle(forWritingAtPath: place.key))
            try file.truncate(atOffset: 0)
            try file.write(contentsOf: Data((new + old).utf8))
            try file.close()
            let looked = try await place.run("key", "status")
            #expect(looked.status == 0 && !looked.output.contains("not needed"), "\(looked.errors)")

            let pruned = try await place.run("key", "prune")
            #expect(pruned.status == 0, "\(pruned.errors)")
            #expect(try Self.keyFile(place) == new)
            let opened = try await place.run("users", "list")
            #expect(opened.status == 0, "\(opened.errors)")
        }
    }

    @Test func `whoever is killed at any moment of a rotation, the next start opens every token`() async throws {
        try await Workplace.with(users: 3_000) { place in
            try await place.importAll()
            for round in 0..<6 {
                let daemon = try await place.startDaemon()
                let rotating = try place.start(["key", "rotate"])
                // Somewhere between the new file and the last token: in each round a little later.
                if round.isMultiple(of: 2) {
                    _ = await rotating.errors.wait(for: "encrypts from now on")
                    try await Task.sleep(for: .milliseconds(round * 15))
                    daemon.send(SIGKILL)
                } else {
                    try await Task.sleep(for: .milliseconds(round * 10))
                    rotating.send(SIGKILL)
                    _ = await rotating.ended()
                    daemon.send(SIGKILL)
                }
                _ = await (rotating.ended(), daemon.ended())
            }
            let daemon = try await place.startDaemon()
            let sealed = try await place.run("key", "rotate", "--reseal")
            #expect(sealed.status == 0, "\(sealed.errors)")
            let usage = try await Self.usage(place)
            #expect(usage.first?.tokens == 3_000)
            #expect(usage.dropFirst().allSatisfy { $0.tokens == 0 })
            let pruned = try await place.run("key", "prune")
            #expect(pruned.status == 0, "\(pruned.errors)")
            for user in [0, 1_500, 2_999] {
                let refreshed = try await place.run("refresh", place.users[user].id.rawValue)
                #expect(refreshed.status == 0, "\(refreshed.output)")
            }
            #expect(!daemon.errors.text.contains("parked"))
        }
    }

    @Test func `a start without the old key is refused until every token is sealed anew`() async throws {
        try await Workplace.with(users: 5) { place in
            try await place.importAll()
            let old = try Self.keyFile(place)
            let other = place.directory + "/other-key"
            #expect(try await place.run("key", "generate", other).status == 0)
            let new = try String(contentsOfFile: other, encoding: .utf8)
            // The new key is known to the store, nothing is sealed with it yet: both are asked for.
            try (new + old).write(toFile: place.key, atomically: false, encoding: .utf8)
            let listed = try await place.run("users", "list")
            #expect(listed.status == 0)
            for half in [new, old] {
                try half.write(toFile: place.key, atomically: false, encoding: .utf8)
                let refused = try await place.run("users", "list")
                #expect(refused.status == 78 && refused.errors.contains("does not fit"), "\(refused.errors)")
            }
            try (new + old).write(toFile: place.key, atomically: false, encoding: .utf8)
            let sealed = try await place.run("key", "rotate", "--reseal")
            #expect(sealed.status == 0, "\(sealed.errors)")
            try new.write(toFile: place.key, atomically: false, encoding: .utf8)
            #expect(try await place.run("users", "list").status == 0)
        }
    }

    @Test func `a daemon keeps its keys when the file lost one that is needed`() async throws {
        try await Workplace.with(users: 5) { place in
            try await place.importAll()
            let old = try Self.keyFile(place)
            _ = try await place.startDaemon()
            try FileManager.default.removeItem(atPath: place.key)
            #expect(try await place.run("key", "generate", place.key).status == 0)
            let refused = try await place.run("key", "rotate", "--reseal")
            #expect(refused.status == 78 && refused.errors.contains("does not fit"), "\(refused.errors)")
            let refreshed = try await place.run("refresh", place.users[0].id.rawValue)
            #expect(refreshed.status == 0)
            try old.write(toFile: place.key, atomically: false, encoding: .utf8)
            #expect(try await place.run("key", "rotate").status == 0)
        }
    }

    @Test func `of several rotations at once each is done whole or not begun, and every token opens afterwards`()
        async throws
    {
        for runs in [false, true] {
            try await Workplace.with(users: 40) { place in
                try await place.importAll()
                let daemon = runs ? try await place.startDaemon() : nil
                async let first = place.run("key", "rotate")
                async let second = place.run("key", "rotate")
                async let third = place.run("key", "rotate")
                let ended = try await [first, second, third]
                let refused = ended.filter { $0.status != 0 }
                #expect(refused.count < 3)
                for one in refused {
                    #expect(one.status == 75 && one.errors.contains("another command is changing the keys"))
                }
                #expect(try Self.keyFile(place).split(separator: "\n").count == 1 + 3 - refused.count)
                if let daemon {
                    daemon.send(SIGTERM)
                    _ = await daemon.result()
                }
                let verified = try await place.run("store", "verify")
                #expect(verified.status == 0, "\(verified.output)\(verified.errors)")
            }
        }
    }

    @Test func `a file that lacks the key of the tokens gets no other key on top`() async throws {
        for runs in [false, true] {
            try await Workplace.with(users: 3) { place in
                try await place.importAll()
                if runs { _ = try await place.startDaemon() }
                try FileManager.default.removeItem(atPath: place.key)
                #expect(try await place.run("key", "generate", place.key).status == 0)
                let other = try Self.keyFile(place)
                let refused = try await place.run("key", "rotate")
                #expect(refused.status == 78, "\(refused.errors)")
                #expect(!refused.errors.contains("encrypts from now on"))
                #expect(try Self.keyFile(place) == other)
            }
        }
    }

    @Test func `a credential from elsewhere is not changed, and the way to do it is told`() async throws {
        try await Workplace.with { place in
            let credentials = place.directory + "/credentials"
            try FileManager.default.createDirectory(atPath: credentials, withIntermediateDirectories: false)
            try FileManager.default.moveItem(atPath: place.key, toPath: credentials + "/store-key.txt")
            try place.configure(["store": ["key": ["credential": "store-key.txt"]]])
            let before = try String(contentsOfFile: credentials + "/store-key.txt", encoding: .utf8)
            let environment = ["BANKREFRESHD_CONFIG": place.config, "CREDENTIALS_DIRECTORY": credentials]
            for command in ["rotate", "prune"] {
                let refused = try await place.run("key", command, environment: environment)
                #expect(refused.status == 78)
                #expect(refused.errors.contains("key rotate --reseal") && refused.errors.contains("docs/keys.md"))
            }
            #expect(try String(contentsOfFile: credentials + "/store-key.txt", encoding: .utf8) == before)
        }
    }

    @Test func `a credential beside the configuration is changed there`() async throws {
        try await Workplace.with(users: 3) { place in
            try FileManager.default.moveItem(atPath: place.key, toPath: place.directory + "/store-key.txt")
            try place.configure(["store": ["key": ["credential": "store-key.txt"]]])
            try await place.importAll()
            let rotated = try await place.run("key", "rotate")
            #expect(rotated.status == 0, "\(rotated.errors)")
            #expect(try await Self.usage(place).map(\.tokens) == [3, 0])
            let pruned = try await place.run("key", "prune")
            #expect(pruned.status == 0, "\(pruned.errors)")
            #expect(try await Self.usage(place).map(\.tokens) == [3])
        }
    }

    @Test func `a lost key is given up on demand, and an import mends its users, who keep their history`() async throws
    {
        try await Workplace.with(users: 6) { place in
            try await place.importAll()
            let first = place.users[0].id.rawValue
            let paused = place.users[1].id.rawValue
            var daemon = try await place.startDaemon()
            #expect(try await place.run("refresh", first).status == 0)
            #expect(try await place.run("users", "pause", paused).status == 0)
            let early = try await place.run("key", "replace", "--lost", "--yes")
            #expect(early.status == 75 && early.errors.contains("nothing is lost yet"))
            daemon.send(SIGTERM)
            _ = await daemon.ended()
            let success = try #require(try await place.show(first)["lastSuccess"] as? String)
            let lost = try Self.keyFile(place)

            try FileManager.default.removeItem(atPath: place.key)
            #expect(try await place.run("key", "generate", place.key).status == 0)
            let start = try await place.run("run")
            #expect(start.status == 78 && start.errors.contains("key replace --lost"), "\(start.errors)")
            let asked = try await place.run("key", "replace", "--lost")
            #expect(asked.status == 64 && asked.output.contains("6 tokens"), "\(asked.output)\(asked.errors)")
            #expect(try await place.run("run").status == 78)
            let done = try await place.run("key", "replace", "--lost", "--yes")
            #expect(done.status == 0 && done.output.contains("6 tokens given up"), "\(done.output)\(done.errors)")
            let again = try await place.run("key", "replace", "--lost", "--yes")
            #expect(again.status == 0 && again.output.contains("nothing is lost"), "\(again.output)")

            daemon = try await place.startDaemon()
            #expect(await daemon.errors.wait(for: "6 tokens were given up"))
            let waiting = try await place.show(first)
            #expect(waiting["state"] as? String == "parked" && waiting["lastSuccess"] as? String == success)
            #expect(try await place.show(paused)["state"] as? String == "paused")
            #expect(try await place.run("users", "resume", paused).status == 0)
            _ = try await place.run("refresh", "--force", paused)
            #expect(try await place.show(paused)["state"] as? String == "parked")

            try await place.importAll()
            let mended = try await place.show(first)
            #expect(mended["state"] as? String == "scheduled" && mended["lastSuccess"] as? String == success)
            #expect(try await place.run("refresh", "--force", first, paused).status == 0)
            let status = try await place.run("key", "status")
            #expect(!status.output.contains("given up"), "\(status.output)")
            // The key that was given up is asked for no more, and does no harm.
            let now = try Self.keyFile(place)
            try (now + lost).write(toFile: place.key, atomically: false, encoding: .utf8)
            #expect(try await place.run("key", "rotate", "--reseal").status == 0)
        }
    }

    @Test func `a lost key that turns up brings back what was given up`() async throws {
        try await Workplace.with(users: 3) { place in
            try await place.importAll()
            let lost = try Self.keyFile(place)
            try FileManager.default.removeItem(atPath: place.key)
            #expect(try await place.run("key", "generate", place.key).status == 0)
            #expect(try await place.run("key", "replace", "--lost", "--yes").status == 0)
            let now = try Self.keyFile(place)
            try (now + lost).write(toFile: place.key, atomically: false, encoding: .utf8)
            let back = try await place.run("key", "rotate", "--reseal")
            #expect(back.status == 0, "\(back.errors)")
            #expect(try await Self.usage(place).map(\.tokens) == [3, 0])
            _ = try await place.startDaemon()
            let id = place.users[0].id.rawValue
            #expect(try await place.run("users", "resume", id).status == 0)
            #expect(try await place.run("refresh", id).status == 0)
        }
    }
}
