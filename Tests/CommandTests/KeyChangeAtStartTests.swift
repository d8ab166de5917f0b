import Foundation
import Glibc
import RefreshCore
import TestSupport
import Testing
import TightSandbox

/// A key that changes while a daemon starts: a rotation without a daemon has the store, and the start waits for it.
@Suite(.timeLimit(.minutes(1)))
struct KeyChangeAtStartTests {
    /// Another process has the store, as far as the daemon can see, until `release`.
    private final class HeldStore {
        private let lock: Int32
        private let watch: Int32

        init(_ place: Workplace) throws {
            let path = place.store + ".lock"
            lock = open(path, O_RDWR | O_CLOEXEC)
            try #require(lock >= 0 && flock(lock, LOCK_EX | LOCK_NB) == 0)
            watch = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
            try #require(inotify_add_watch(watch, path, UInt32(IN_OPEN)) >= 0)
        }

        /// Returns once somebody tried to get the store.
        func waitForVisitor() async throws {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while read(watch, &buffer, buffer.count) <= 0 { try await Task.sleep(for: .milliseconds(5)) }
        }

        func release() { flock(lock, LOCK_UN) }

        deinit {
            close(lock)
            close(watch)
        }
    }

    /// Runs a daemon that read `before`, finds the store held, and gets it when the key file is `after`.
    ///
    /// The store is sealed with the key that a rotation made.
    private func start(
        in place: Workplace, reading before: (_ old: String, _ new: String) -> String,
        then after: (_ old: String, _ new: String) -> String
    ) async throws -> ProgramRun {
        try await place.importAll()
        let old = try String(contentsOfFile: place.key, encoding: .utf8)
        let rotated = try await place.run("key", "rotate")
        try #require(rotated.status == 0, "\(rotated.errors)")
        let new = try String(contentsOfFile: place.key, encoding: .utf8)
        try write(before(old, new), to: place.key)
        let held = try HeldStore(place)
        let daemon = try place.start(["run"])
        try await held.waitForVisitor()
        try write(after(old, new), to: place.key)
        held.release()
        return daemon
    }

    private func write(_ text: String, to path: String) throws {
        try FileManager.default.removeItem(atPath: path)
        try #require(
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600]))
    }

    @Test func `a start that waits for a rotation to end takes the keys of afterwards`() async throws {
        try await Workplace.with { place in
            let daemon = try await start(in: place, reading: { old, _ in old }, then: { _, new in new })
            #expect(await daemon.errors.wait(for: " notice: Ready: "), "\(daemon.errors.text)")
            let refreshed = try await place.run("refresh", place.users[0].id.rawValue)
            #expect(refreshed.status == 0, "\(refreshed.output)")
        }
    }

    @Test func `keys that are added while a start waits are taken before it works`() async throws {
        try await Workplace.with { place in
            // As from a rotation that finds no daemon yet, and a store that it may share with one.
            let added = "4bvBbSgTcCQSnVXy7Gm0GxDDbYBx4SR8g6X2cB2wKdM="
            try await place.importAll()
            let held = try HeldStore(place)
            let daemon = try place.start(["run"])
            try await held.waitForVisitor()
            try write(added + "\n" + String(contentsOfFile: place.key, encoding: .utf8), to: place.key)
            held.release()
            #expect(await daemon.errors.wait(for: " notice: Ready: "), "\(daemon.errors.text)")
            #expect(daemon.errors.text.contains(" notice: New tokens are sealed with key "))
            #expect(await daemon.errors.wait(for: " notice: Every token is sealed with key "))
        }
    }

    @Test func `a start whose keys stay those of before is to be tried again, for the rotation may have changed them`()
        async throws
    {
        try await Workplace.with { place in
            // As with a credential, which a process gets once, at its start.
            let daemon = try await start(in: place, reading: { old, _ in old }, then: { old, _ in old })
            let refused = await daemon.result()
            #expect(refused.status == 75, "\(refused.errors)")
            #expect(refused.errors.contains("the key does not fit the store"))
            // Where nobody had the store, nobody changed the key: a restart would not fix it.
            let again = try await place.run("run")
            #expect(again.status == 78, "\(again.errors)")
        }
    }
}

/// The same where several work with the store, and the key is a credential: a process has the copy of its start.
@Suite(.timeLimit(.minutes(2)))
struct CredentialChangeAtStartTests {
    private struct Scene {
        let place: Workplace
        let database: ServerDatabase
        var credentials: String { place.directory + "/credentials" }

        /// As a service manager does it before a start.
        func copyKey() throws {
            try? FileManager.default.removeItem(atPath: credentials)
            try FileManager.default.createDirectory(atPath: credentials, withIntermediateDirectories: false)
            try FileManager.default.copyItem(atPath: place.key, toPath: credentials + "/store-key")
        }

        func startDaemon() throws -> ProgramRun {
            try place.start(
                ["run"], environment: ["BANKREFRESHD_CONFIG": place.config, "CREDENTIALS_DIRECTORY": credentials])
        }

        /// Starts a daemon that cannot go on before `body` has ended, since another session holds `table` in `mode`.
        func startDaemon(waitingFor table: String, in mode: String, _ body: () async throws -> Void) async throws
            -> ProgramRun
        {
            let holder = try place.start(
                "/usr/bin/psql",
                [
                    "-X", "-q", "-h", database.server.directory, "-U", PostgreSQLServer.administrator, "-d",
                    database.name,
                    "-c", "BEGIN; LOCK TABLE bankrefreshd.\(table) IN \(mode) MODE; SELECT pg_sleep(60)",
                ], environment: [:])
            let locks = "SELECT count(*) > 0 FROM pg_locks WHERE relation = 'bankrefreshd.\(table)'::regclass AND"
            while try await database.execute("\(locks) granted") != "t" {}
            let daemon = try startDaemon()
            while try await database.execute("\(locks) NOT granted") != "t" {}
            try await body()
            try await database.execute(
                """
                SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'BEGIN; LOCK%'
                """)
            _ = await holder.result()
            return daemon
        }

        func keyChecks() async throws -> String {
            try await database.execute("SELECT encode(value, 'hex') FROM bankrefreshd.meta WHERE key = 'key checks'")
        }
    }

    /// The body has a store that is sealed with the key of the credential.
    private func with(_ body: (Scene) async throws -> Void) async throws {
        try await ServerDatabase.with { database in
            try await Workplace.with { place in
                try place.configure([
                    "store": [
                        "postgresql": database.section(["member": "one"]), "key": ["credential": "store-key"],
                    ]
                ])
                try await place.importAll()
                let scene = Scene(place: place, database: database)
                try scene.copyKey()
                try await body(scene)
            }
        }
    }

    @Test func `a daemon that had opened the store before a rotation ends, and the next one has the new key`()
        async throws
    {
        try await with { scene in
            let before = try await scene.keyChecks()
            let rotated = try await scene.place.run("key", "rotate")
            try #require(rotated.status == 0, "\(rotated.errors)")
            let after = try await scene.keyChecks()
            #expect(before != after)
            func write(_ checks: String) async throws {
                try await scene.database.execute(
                    "UPDATE bankrefreshd.meta SET value = decode('\(checks)', 'hex') WHERE key = 'key checks'")
            }
            // It has the store open, and is about to say for the first time that it lives.
            try await write(before)
            let daemon = try await scene.startDaemon(waitingFor: "members", in: "SHARE") { try await write(after) }
            let ended = await daemon.result()
            #expect(ended.status == 75, "\(ended.errors)")
            #expect(ended.errors.contains("the key does not fit the store"), "\(ended.errors)")
            #expect(ended.errors.contains("the key was changed while the daemon started"), "\(ended.errors)")
            try scene.copyKey()
            let next = try scene.startDaemon()
            #expect(await next.errors.wait(for: " notice: Ready: "), "\(next.errors.text)")
        }
    }

    @Test func `a daemon whose copy of the key is older than the key file ends before it works`() async throws {
        try await with { scene in
            let other = try await scene.place.run("key", "generate", scene.place.directory + "/other")
            try #require(other.status == 0)
            let daemon = try await scene.startDaemon(waitingFor: "members", in: "SHARE") {
                let keys = try ["/other", "/store-key"].map {
                    try String(contentsOfFile: scene.place.directory + $0, encoding: .utf8)
                }
                try keys.joined().write(toFile: scene.place.key, atomically: true, encoding: .utf8)
            }
            let ended = await daemon.result()
            #expect(ended.status == 75, "\(ended.errors)")
            #expect(ended.errors.contains("the key file was changed; the key was changed while"), "\(ended.errors)")
        }
    }

    @Test func `a command brings no key into a store where daemons work that may lack it`() async throws {
        try await with { scene in
            let place = scene.place
            let daemon = try scene.startDaemon()
            try #require(await daemon.errors.wait(for: " notice: Ready: "), "\(daemon.errors.text)")
            // From now on the file is that of another host.
            try place.configure([
                "store": [
                    "postgresql": scene.database.section(["member": "two"]), "key": ["credential": "store-key"],
                ],
                "control": ["socket": place.directory + "/two.sock"],
            ])
            let before = try await scene.keyChecks()
            let other = try await place.run("key", "generate", place.directory + "/other")
            try #require(other.status == 0, "\(other.errors)")
            let keys = try ["/other", "/store-key"].map {
                try String(contentsOfFile: place.directory + $0, encoding: .utf8)
            }
            try keys.joined().write(toFile: place.key, atomically: true, encoding: .utf8)
            try #require(chmod(place.key, 0o600) == 0)
            let refused = try await place.run("users", "list")
            #expect(refused.status == 75, "\(refused.output)\(refused.errors)")
            #expect(refused.errors.contains(" is new to the store, and other daemons work there: one; "))
            #expect(try await scene.keyChecks() == before)
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
            let listed = try await place.run("users", "list")
            #expect(listed.status == 0, "\(listed.errors)")
            #expect(try await scene.keyChecks() != before)
        }
    }

    @Test func `a start with a copy of before a rotation is to be tried again, and a wrong key is not`() async throws {
        try await with { scene in
            // The copy is made, then a rotation, and the daemon opens the store.
            let rotated = try await scene.place.run("key", "rotate")
            try #require(rotated.status == 0, "\(rotated.errors)")
            let pruned = try await scene.place.run("key", "prune")
            try #require(pruned.status == 0, "\(pruned.errors)")
            let refused = await (try scene.startDaemon()).result()
            #expect(refused.status == 75, "\(refused.errors)")
            #expect(refused.errors.contains("the key was changed while the daemon started"), "\(refused.errors)")
            try FileManager.default.removeItem(atPath: scene.place.key)
            let wrong = try await scene.place.run("key", "generate", scene.place.key)
            try #require(wrong.status == 0, "\(wrong.errors)")
            try scene.copyKey()
            let again = await (try scene.startDaemon()).result()
            #expect(again.status == 78, "\(again.errors)")
        }
    }
}
