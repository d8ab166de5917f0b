import Foundation
import GRDB
import Glibc
import RefreshCore
import Testing
import TightSandbox

/// Backups and what comes of them, as an operator makes them; who was called is read from the server's log.
@Suite(.timeLimit(.minutes(1)))
struct StoreBackupTests {
    private static func mode(_ path: String) throws -> [Int] {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return [attributes[.posixPermissions], attributes[.ownerAccountID]].compactMap { ($0 as? NSNumber)?.intValue }
    }

    @Test func `a store that was restored calls nobody sooner than the minimum interval, whoever asks`() async throws {
        try await Workplace.with { place in
            let backup = place.directory + "/backup"
            try await place.importAll()
            #expect(try await place.run("store", "backup", backup).status == 0)
            let daemon = try await place.startDaemon()
            #expect(try await place.run("refresh", "user-000001").status == 0)
            let refused = try await place.run("store", "restore", backup)
            #expect(refused.status == 75)
            #expect(refused.errors.contains("in use by process \(daemon.pid)"))
            #expect(refused.errors.contains("systemctl stop bankrefreshd"))
            daemon.send(SIGTERM)
            _ = await daemon.result()

            // The store is lost: nothing tells when anybody was called.
            for suffix in ["", "-wal", "-shm", ".lock"] { unlink(place.store + suffix) }
            let restored = try await place.run("store", "restore", backup)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(restored.output.contains("restored 3 users from the backup of "))
            #expect(restored.output.contains("waits for the minimum interval"))
            #expect(try Self.mode(place.store)[0] == 0o600)
            let next = try await place.startDaemon()
            #expect(next.errors.text.contains(" warning: The store was restored at "))
            let answer = try await place.run("refresh", "user-000001", "user-000002")
            #expect(answer.status == 75)
            #expect(answer.output.contains("user-000001: refused until "))
            #expect(answer.output.contains("user-000002: refused until "))
            let calls = try #require(place.sandbox.calls(ofUser: UserID("user-000001")))
            #expect(calls.count == 1)
            #expect(place.sandbox.totals.total == 1)
        }
    }

    @Test func `a store that is there still tells when users were called, and who was removed`() async throws {
        try await Workplace.with { place in
            let backup = place.directory + "/backup"
            try await place.importAll()
            let daemon = try await place.startDaemon()
            #expect(try await place.run("store", "backup", backup).status == 0)
            #expect(try await place.run("refresh", "user-000001").status == 0)
            #expect(try await place.run("users", "remove", "user-000003").status == 0)
            daemon.send(SIGTERM)
            _ = await daemon.result()
            let restored = try await place.run("store", "restore", backup, "--json").object
            #expect(restored["isTakenOver"] as? Bool == true)
            #expect(restored["firstRemoved"] as? [String] == ["user-000003"])
            let kept = try #require(restored["kept"] as? String)
            #expect(FileManager.default.fileExists(atPath: kept))

            let next = try await place.startDaemon()
            #expect(next.errors.text.contains("were copied from the previous store"))
            #expect(try await place.show("user-000003")["state"] as? String == "paused")
            let answer = try await place.run("refresh", "user-000001", "user-000002", "user-000003")
            #expect(answer.output.contains("user-000001: refused until "))
            #expect(answer.output.contains("user-000002: refreshed"), "nobody called it, and nobody holds it")
            #expect(place.sandbox.totals.total == 2)
        }
    }

    @Test func `a backup by hand over the store is held as well, and one over a log is refused with what to remove`()
        async throws
    {
        try await Workplace.with { place in
            let backup = place.directory + "/backup"
            try await place.importAll()
            #expect(try await place.run("store", "backup", backup).status == 0)
            let daemon = try await place.startDaemon()
            #expect(try await place.run("refresh", "user-000001").status == 0)
            daemon.send(SIGKILL)
            _ = await daemon.result()
            func copy() throws { try Data(contentsOf: URL(filePath: backup)).write(to: URL(filePath: place.store)) }
            try copy()
            for arguments in [["users", "list"], ["run"]] {
                let refused = try await place.start(arguments).result()
                #expect(refused.status == 65)
                #expect(refused.errors.contains("rm \(place.store)-wal \(place.store)-shm"))
                #expect(!refused.errors.contains("restore it from a backup"))
            }
            for suffix in ["-wal", "-shm"] { unlink(place.store + suffix) }
            let next = try await place.startDaemon()
            #expect(next.errors.text.contains(" warning: The store was restored at "))
            #expect(try await place.run("refresh", "user-000001").status == 75)
            #expect(place.sandbox.totals.total == 1)
        }
    }

    @Test func `what cannot be meant is refused, and an output that takes no more is an error`() async throws {
        try await Workplace.with { place in
            let none = try await place.run("store", "backup", place.directory + "/b")
            #expect(none.status == 65 && none.errors.contains("there is no store at \(place.store)"))
            try await place.importAll()
            let nameless = try await place.run("store", "backup", "")
            #expect(nameless.status == 64 && nameless.errors.contains("name a file"), "\(nameless.errors)")
            #expect(symlink("nowhere", place.directory + "/link") == 0)
            try Data().write(to: URL(filePath: place.directory + "/empty"))
            for (target, words) in [
                (place.store, "is the store itself"), (place.store + ".lock", "is the store itself"),
                (place.key, "already exists and is not a backup"), (place.directory + "/no/b", "there is no directory"),
                (place.directory + "/link", "is a link"), (place.directory + "/empty", "already exists and is not"),
            ] {
                for options in [[], ["--replace"]] {
                    let refused = try await place.start(["store", "backup", target] + options).result()
                    #expect(refused.status == 64)
                    #expect(refused.errors.contains(words), "\(refused.errors)")
                }
            }
            let program = try Program.bankrefreshd.path()
            let full = try await place.start(
                "/bin/sh", ["-c", "\(program) store backup - > /dev/full"],
                environment: ["BANKREFRESHD_CONFIG": place.config]
            ).result()
            #expect(full.status == 74)
            #expect(full.errors.contains("standard output cannot be written: No space left on device"))
            let piped = try await place.start(
                "/bin/sh", ["-c", "\(program) store backup - | cat > piped"],
                environment: ["BANKREFRESHD_CONFIG": place.config]
            ).result()
            #expect(piped.errors.hasPrefix("backed up 3 users as of "))
            #expect(try await place.run("store", "verify", place.directory + "/piped").status == 0)
            let left = try FileManager.default.contentsOfDirectory(atPath: place.directory)
            #expect(!left.contains { $0.contains("partial") || $0.contains(".backup-") }, "\(left)")
        }
    }

    @Test func `root backs up the service's store to where only root may write, for its owner alone`() async throws {
        try await Workplace.with { place in
            for path in [place.directory, place.key] {
                try #require(chown(path, 65_534, 65_534) == 0, "this test gives files away: run it as root")
            }
            try await place.importAll()
            let vault = place.directory + "/vault"
            #expect(mkdir(vault, 0o700) == 0)
            let backup = vault + "/backup"
            for options in [[], ["--replace"]] {
                let made = try await place.start(["store", "backup", backup, "--json"] + options).result()
                #expect(made.status == 0, "\(made.errors)")
                #expect(made.object["users"] as? Int == 3 && made.object["path"] as? String == backup)
            }
            let again = try await place.run("store", "backup", backup)
            #expect(again.status == 64 && again.errors.contains("to replace that backup: --replace"))
            #expect(try Self.mode(backup) == [0o600, 65_534])
            #expect(try FileManager.default.contentsOfDirectory(atPath: vault) == ["backup"])
            let restored = try await place.run("store", "restore", backup)
            #expect(restored.status == 0, "\(restored.errors)")
            #expect(try Self.mode(place.store) == [0o600, 65_534])
            let listed = try await place.runAsNobody("users", "list", "--json")
            #expect(listed.objects.count == 3)
        }
    }

    @Test func `a file is checked from end to end, with the keys`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let backup = place.directory + "/backup"
            let daemon = try await place.startDaemon()
            #expect(try await place.run("store", "backup", backup).status == 0)
            let good = try await place.run("store", "verify", backup)
            #expect(good.status == 0)
            #expect(good.output.contains("a backup of ") && good.output.contains("every token opens"))
            let inUse = try await place.run("store", "verify", "--json").object
            #expect(inUse["process"] as? Int == Int(daemon.pid) && inUse["users"] as? Int == 3)
            daemon.send(SIGTERM)
            _ = await daemon.result()

            let queue = try DatabaseQueue(path: backup)
            try await queue.write { db in
                try db.execute(
                    sql:
                        "UPDATE users SET token = (SELECT token FROM users WHERE id = 'user-000001') WHERE id = 'user-000002'"
                )
            }
            try queue.close()
            let swapped = try await place.run("store", "verify", backup)
            #expect(swapped.status == 65)
            #expect(swapped.output.contains("tokens of 1 user do not open: user-000002"))
            #expect(
                swapped.output.contains(
                    "put the key from the time of the backup where store.key points, or use another backup"))
            let before = try Data(contentsOf: URL(filePath: place.store))
            let refused = try await place.run("store", "restore", backup)
            #expect(refused.status == 65)
            #expect(
                refused.errors.contains("tokens of 1 user in \(backup) do not open with the keys at hand: user-000002"))
            #expect(refused.errors.contains("bankrefreshd store restore --allow-unopened \(backup)"))
            #expect(try Data(contentsOf: URL(filePath: place.store)) == before)
            let taken = try await place.run("store", "restore", "--allow-unopened", backup)
            #expect(taken.status == 0)
            #expect(taken.output.contains("tokens that do not open: 1 user, user-000002\nimport new ones"))
            var bytes = try Data(contentsOf: URL(filePath: backup))
            for offset in 8_192..<12_288 { bytes[offset] ^= 0x5A }
            try bytes.write(to: URL(filePath: place.directory + "/damaged"))
            let damaged = try await place.run("store", "verify", place.directory + "/damaged")
            #expect(damaged.status == 65 && !damaged.errors.contains("store restore FILE"), "\(damaged.errors)")
            #expect((damaged.output + damaged.errors).contains("use another backup"))
            #expect(try await place.run("store", "verify", place.config).status == 65)
            for command in ["verify", "restore"] {
                let missing = try await place.run("store", command, place.directory + "/nowhere")
                #expect(missing.status == 65 && missing.errors.contains("there is no "), "\(missing.errors)")
            }
            try FileManager.default.removeItem(atPath: place.key)
            _ = try await place.run("key", "generate", place.key)
            let otherKey = try await place.run("store", "verify", backup)
            #expect(otherKey.status == 78)
            #expect(otherKey.errors.contains("the key does not fit the backup \(backup)"))
            #expect(
                otherKey.errors.contains("put the key from the time of the backup")
                    && !otherKey.errors.contains("--lost"))
            #expect(try await place.run("store", "restore", backup).status == 78)
        }
    }

    @Test func `a backup that the daemon cannot make is told as one, with the place and the remedy`() async throws {
        try await Workplace.with { place in
            try place.configure([
                "store": [
                    "sqlite": ["path": place.store], "key": ["file": place.key],
                    "backup": ["directory": place.directory + "/disk/backups", "every": "1h", "keep": 3],
                ]
            ])
            let daemon = try await place.startDaemon()
            let words =
                "the backup \(place.directory)/disk/backups cannot be written: there is no directory"
                + " \(place.directory)/disk/ (mount it, or make it: install -d"
            #expect(await daemon.errors.wait(for: " warning: The store was not backed up: \(words)"))
            let status = try await place.run("status")
            #expect(status.output.contains(words), "\(status.output)")
        }
    }

    @Test func `the daemon makes backups by itself, and says how they stand`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            let backups = place.directory + "/backups"
            try place.configure([
                "store": [
                    "sqlite": ["path": place.store], "key": ["file": place.key],
                    "backup": ["directory": backups, "every": "1h", "keep": 3],
                ]
            ])
            let daemon = try await place.startDaemon()
            #expect(await daemon.errors.wait(for: " info: Backed up 3 users in "))
            let made = try FileManager.default.contentsOfDirectory(atPath: backups)
            #expect(made.count == 1)
            #expect(try await place.run("store", "verify", backups + "/" + made[0]).status == 0)
            let status = try await place.run("status")
            #expect(status.output.contains("last backup") && status.output.contains("every 1h"))
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
        }
    }
}
