import Foundation
import Glibc
import TestSupport
import Testing
import TightSandbox

/// The daemon and its commands with a store on a PostgreSQL server.
@Suite(.timeLimit(.minutes(2)))
struct ServerStoreTests {
    /// A workplace whose store is a database of its own.
    private func with(
        users: Int = 3, _ body: (Workplace, ServerDatabase) async throws -> Void
    ) async throws {
        try await ServerDatabase.with { database in
            try await Workplace.with(users: users) { place in
                try place.configure(["store": ["postgresql": database.section(["member": "one"])]])
                try await body(place, database)
            }
        }
    }

    /// From now on the file is that of another daemon with the same store.
    private func configureSecond(_ place: Workplace, _ database: ServerDatabase) throws {
        try place.configure([
            "store": ["postgresql": database.section(["member": "two"])],
            "control": ["socket": place.directory + "/two.sock"],
        ])
    }

    /// A workplace whose store is on a server that a test may harm, and a daemon that works with one user.
    private func withOwnServer(
        _ body: (Workplace, ServerDatabase, PostgreSQLServer, ProgramRun) async throws -> Void
    ) async throws {
        let server = try PostgreSQLServer()
        defer { server.stop() }
        let database = ServerDatabase(server: server, name: "postgres")
        try await Workplace.with(users: 1) { place in
            try place.configure(["store": ["postgresql": database.section(["member": "one"])]])
            try await place.importAll()
            try await body(place, database, server, place.startDaemon())
        }
    }

    @Test func `a daemon keeps its users on the server, and finds them there at its next start`() async throws {
        try await with { place, database in
            try await place.importAll()
            let before = try await place.run("status", "--json")
            #expect(before.object["users"] as? Int == 3, "\(before.output)")

            let daemon = try await place.startDaemon()
            let refreshed = try await place.run("refresh", "--all", "--json")
            #expect(refreshed.status == 0, "\(refreshed.errors)")
            #expect(place.sandbox.calls.total == 3)
            let status = try await place.run("status")
            #expect(status.status == 0 && status.output.contains("refreshed"), "\(status.output)")
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0, "\(daemon.errors.text)")

            let first = place.users[0].id
            let past = try await place.run("history", "\(first)", "--json")
            let attempts = past.object["attempts"] as? [[String: Any]] ?? []
            #expect(attempts.map { $0["outcome"] as? String } == ["refreshed"], "\(past.output)")

            let second = try await place.startDaemon()
            #expect(!second.errors.text.contains("There was no store"))
            let again = try await place.run("refresh", "\(first)")
            #expect(again.status != 0, "the minimum interval is kept over the restart: \(again.output)")
            #expect(place.sandbox.calls.total == 3)
            second.send(SIGTERM)
            #expect(await second.ended() == 0)
            let stored = try await database.execute("SELECT count(*) FROM bankrefreshd.users")
            #expect(stored == "3")
            #expect(!FileManager.default.fileExists(atPath: place.store))
        }
    }

    @Test func `a new store is told at the start, with what to do if users are missed`() async throws {
        try await with { place, database in
            let daemon = try await place.startDaemon()
            #expect(
                daemon.errors.text.contains(
                    "There was no store at \(database.place()): the new one is empty; if you expect users, stop the "
                        + "daemon and name their database in store.postgresql, or restore it there"),
                "\(daemon.errors.text)")
        }
    }

    private static let readingCommands = [
        ["status"], ["users", "list"], ["users", "show", "a"], ["users", "export", "--all"], ["history", "a"], ["plan"],
        ["key", "status"], ["refresh", "--no-wait", "a"], ["resume"], ["users", "pause", "a"],
        ["users", "remove", "a"], ["users", "sync", "--dry-run", "/etc/hostname"],
    ]

    @Test(arguments: [true, false])
    func `commands that look, or change whom there is, make no store and say that there is none`(
        isOnServer: Bool
    ) async throws {
        try await with { place, database in
            if !isOnServer { try place.configure() }
            let where_ = isOnServer ? database.place() : place.store
            for command in Self.readingCommands {
                let run = try await place.start(command).result()
                #expect(run.status == 65 && run.output.isEmpty, "\(command): \(run.output)\(run.errors)")
                #expect(
                    run.errors.hasPrefix(
                        "bankrefreshd: there is no store yet at \(where_)\n  the daemon makes it when it starts, and "
                            + "bankrefreshd users import FILE does; "), "\(command): \(run.errors)")
            }
            #expect(try await database.execute("SELECT to_regnamespace('bankrefreshd') IS NULL") == "t")
            #expect(!FileManager.default.fileExists(atPath: place.store))
            try await place.importAll()
            #expect(try await place.run("status").status == 0)
        }
    }

    @Test func `status, the start and the members name the server that has the store, and who shares it`() async throws
    {
        try await with { place, database in
            let server = String(database.place().split(separator: "@")[1])
            let daemon = try await place.startDaemon()
            #expect(daemon.errors.text.contains("; the store is on \(server)\n"), "\(daemon.errors.text)")
            try FileManager.default.copyItem(atPath: place.config, toPath: place.directory + "/one.json")
            try configureSecond(place, database)
            let second = try await place.startDaemon()
            #expect(
                second.errors.text.contains(
                    "; the store is on \(server); 1 other daemon shares rate and concurrency: one\n"),
                "\(second.errors.text)")
            let status = try await place.run("status")
            #expect(status.output.contains("store") && status.output.contains(server), "\(status.output)")
            let json = try await place.run("status", "--json").object
            #expect(json["server"] as? String == server)
            let members = json["members"] as? [[String: Any]] ?? []
            #expect(members.map { $0["server"] as? String } == [server, server])
            let resumed = try await place.run("resume")
            #expect(resumed.output.hasPrefix("not paused; the same for one, within 2 s; "), "\(resumed.output)")
            for run in [daemon, second] {
                run.send(SIGTERM)
                #expect(await run.ended() == 0)
            }
            // Without a daemon too.
            #expect(try await place.run("status", "--json").object["server"] as? String == server)
        }
    }

    @Test func `a daemon whose server is down tells what it knows, and since when the store is gone`() async throws {
        try await withOwnServer { place, database, server, daemon in
            try await database.execute("DROP SCHEMA bankrefreshd CASCADE")
            let gone = try await place.run("status")
            #expect(gone.status == 0, "\(gone.errors)")
            #expect(
                gone.output.contains(
                    "the store \(database.place()) is not in its place: parts of it are missing from the "
                        + "database: "), "\(gone.output)")
            #expect(gone.output.contains("does not work since 20"), "\(gone.output)")
            #expect(gone.output.contains("not known: the store does not answer"), "\(gone.output)")
            #expect(gone.output.contains("breaker") && gone.output.contains("in force since"))
            let json = try await place.run("status", "--json").object
            #expect(json["areCountsMissing"] as? Bool == true && json["phase"] as? String == "running")
            let trouble = json["storeTrouble"] as? [String: Any]
            #expect((trouble?["remedy"] as? String)?.hasPrefix("if another database holds the store, ") == true)
            server.stop()
            let down = try await place.run("status")
            #expect(down.status == 0 && down.output.contains("not known: the store"), "\(down.errors)")
            daemon.send(SIGKILL)
            _ = await daemon.ended()
        }
    }

    @Test func `while the server hangs the status says within seconds that the store does not answer`() async throws {
        try await withOwnServer { place, database, _, daemon in
            #expect(try await place.run("status", "--json").object["users"] as? Int == 1)
            let text = try await database.execute(
                "SELECT pid FROM pg_stat_activity WHERE application_name = 'bankrefreshd'")
            let processes = text.split(separator: "\n").compactMap { pid_t($0) }
            #expect(processes.count >= 3, "\(text)")
            for process in processes { kill(process, SIGSTOP) }
            let asked = ContinuousClock.now
            let hung = try await place.run("status")
            // Without a limit of its own it would be 90 s.
            #expect(ContinuousClock.now - asked < .seconds(20))
            #expect(hung.status == 0 && hung.output.contains("not known: the store does not answer"), "\(hung.output)")
            #expect(hung.output.contains("does not answer: no answer in time; no calls are made"), "\(hung.output)")
            #expect(hung.output.contains("breaker") && hung.output.contains("in force since"))
            for process in processes { kill(process, SIGCONT) }
            var status = try await place.run("status", "--json").object
            while status["areCountsMissing"] as? Bool == true || status["storeTrouble"] is [String: Any] {
                try await Task.sleep(for: .milliseconds(200))
                status = try await place.run("status", "--json").object
            }
            #expect(status["users"] as? Int == 1)
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0, "\(daemon.errors.text)")
        }
    }

    @Test func `operators' commands work with the store alone, and with the daemon`() async throws {
        try await with { place, _ in
            for runs in [false, true] {
                let daemon = runs ? try await place.startDaemon() : nil
                try await place.importAll()
                let id = "\(place.users[1].id)"
                for command in [
                    ["users", "list"], ["users", "show", id], ["users", "pause", id], ["users", "resume", id],
                    ["users", "group", "vip", id], ["users", "export", "--all"], ["pause", "--reason", "test"],
                    ["resume"], ["plan"], ["history", id], ["key", "status"], ["key", "rotate"], ["key", "prune"],
                    ["config", "dump"], ["health"], ["support", "bundle", place.directory + "/bundle-\(runs).tar"],
                ] where runs || !["health"].contains(command[0]) {
                    let run = try await place.start(command).result()
                    #expect(run.status == 0, "\(command), daemon \(runs): \(run.output)\(run.errors)")
                }
                daemon?.send(SIGTERM)
                if let daemon { #expect(await daemon.ended() == 0) }
            }
            #expect(!FileManager.default.fileExists(atPath: place.store))
        }
    }

    @Test func `what root alone may read is read before the command becomes the owner of the store's directory`()
        async throws
    {
        try #require(geteuid() == 0, "this test gives files away: run it as root")
        let server = try PostgreSQLServer()
        defer { server.stop() }
        chmod(server.directory, 0o755)
        try await ServerDatabase.with(server) { database in
            try await Workplace.with { place in
                let state = place.directory + "/state"
                try FileManager.default.createDirectory(
                    atPath: state, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
                try #require(chown(state, 65_534, 65_534) == 0)
                try place.configure([
                    "store": ["postgresql": database.section(), "sqlite": ["path": state + "/store.sqlite"]]
                ])
                let list = place.directory + "/list"
                try Data("\(place.users[0].id)\n".utf8).write(to: URL(filePath: list))
                for file in [place.key, list] { try #require(chmod(file, 0o600) == 0) }
                try await place.importAll()
                for command in [["key", "rotate"], ["key", "prune"], ["users", "group", "vip", "--file", list]] {
                    let run = try await place.start(command).result()
                    #expect(run.status == 0, "\(command): \(run.output)\(run.errors)")
                }
                #expect(try await place.show("\(place.users[0].id)")["group"] as? String == "vip")
            }
        }
    }

    @Test func `a user who changes groups stays called, by the server's clock`() async throws {
        try await with(users: 1) { place, database in
            try await place.importAll()
            // An hour ahead of this machine's.
            try await database.execute(
                """
                CREATE OR REPLACE FUNCTION bankrefreshd.now_us() RETURNS int8 LANGUAGE sql VOLATILE
                    RETURN (extract(epoch FROM clock_timestamp()) * 1000000)::int8 + 3600000000;
                UPDATE bankrefreshd.schedule SET reached_at = bankrefreshd.now_us() - 60000000
                """)
            let id = "\(place.users[0].id)"
            let before = try await place.run("users", "export", id).object["reachedAt"] as? String
            let moved = try await place.run("users", "group", "vip", id)
            #expect(moved.status == 0, "\(moved.errors)")
            let after = try await place.run("users", "export", id).object["reachedAt"] as? String
            #expect(before != nil && after == before)
        }
    }

    @Test func `tokens leave while no daemon works with the store`() async throws {
        try await with { place, database in
            try await place.importAll()
            let daemon = try await place.startDaemon()
            let refused = try await place.run("tokens", "export", place.directory + "/tokens")
            #expect(refused.status == 75, "\(refused.errors)")
            #expect(refused.errors.contains("the daemon works with the store\n  stop it first"))
            let adopted = try await place.run("store", "adopt", place.sandbox.baseURL)
            #expect(adopted.status == 75, "\(adopted.errors)")
            daemon.send(SIGTERM)
            _ = await daemon.ended()

            // As a daemon on another host leaves it that calls somebody.
            try await database.execute(
                """
                INSERT INTO bankrefreshd.batches (id, member, leased_at, until_at, purpose, places)
                SELECT 1, 1, 0, 9000000000000000, 0, array_agg(place) FROM bankrefreshd.schedule
                """)
            let busy = try await place.run("tokens", "export", place.directory + "/tokens")
            #expect(busy.status == 75)
            #expect(busy.errors.contains("a daemon on another host works with the store, and calls 3 users now"))
            try await database.execute("DELETE FROM bankrefreshd.batches")
            let exported = try await place.run("tokens", "export", place.directory + "/tokens")
            #expect(exported.status == 0, "\(exported.errors)")
            let text = try String(contentsOfFile: place.directory + "/tokens", encoding: .utf8)
            #expect(place.users.indices.allSatisfy { text.contains(place.token($0)) })
        }
    }

    @Test func `while a daemon on another host works, no token leaves, is given up or is another address's`()
        async throws
    {
        try await with { place, database in
            try await place.importAll()
            let own = try Data(contentsOf: URL(filePath: place.config))
            try configureSecond(place, database)
            let daemon = try await place.startDaemon()
            try own.write(to: URL(filePath: place.config))
            // As on a host whose key file is another one.
            let key = try Data(contentsOf: URL(filePath: place.key))
            func replacing(_ flags: String...) async throws -> Workplace.Result {
                try FileManager.default.removeItem(atPath: place.key)
                #expect(try await place.run("key", "generate", place.key).status == 0)
                defer { try? key.write(to: URL(filePath: place.key)) }
                return try await place.start(["key", "replace", "--lost"] + flags).result()
            }
            let refused = try await [
                replacing(), replacing("--yes"), place.run("tokens", "export", place.directory + "/tokens"),
                place.run("store", "adopt", place.sandbox.baseURL),
            ]
            for run in refused {
                #expect(run.status == 75, "\(run.output)\(run.errors)")
                #expect(run.errors.contains("a daemon on another host works with the store: two; nothing was changed"))
            }
            #expect(!FileManager.default.fileExists(atPath: place.directory + "/tokens"))

            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
            #expect(try await place.run("store", "adopt", place.sandbox.baseURL).status == 0)
            #expect(try await replacing("--yes").output.hasPrefix("3 tokens given up; "))
        }
    }

    @Test(arguments: [
        (["store", "backup", "-"], "back up the database with pg_dump"),
        (["store", "restore", "/etc/passwd"], "stop every daemon, and restore the database with pg_restore"),
        (["store", "compact"], "the server reuses space by itself"),
        (["store", "verify"], "pg_amcheck checks the database"),
    ])
    func `what concerns the file alone says what to do in its place`(command: [String], remedy: String) async throws {
        try await with { place, _ in
            let run = try await place.start(command).result()
            #expect(run.status == 78)
            let name = command.prefix(2).joined(separator: " ")
            #expect(
                run.errors.hasPrefix(
                    "bankrefreshd: the store is on a PostgreSQL server, and \(name) is for the SQLite file alone\n  "
                        + remedy), "\(run.errors)")
        }
    }

    @Test func `the password is in nothing that any program wrote`() async throws {
        try await with { place, database in
            let password = "sesame-" + UUID().uuidString
            let role = try await database.guarded(password: password)
            let file = place.directory + "/postgresql-password"
            func write(_ text: String) throws {
                try Data(text.utf8).write(to: URL(filePath: file))
                chmod(file, 0o600)
            }
            try write(password + "\n")
            try place.configure([
                "store": ["postgresql": database.section(["user": role, "password": ["file": file]])]
            ])
            try await place.importAll()
            let daemon = try await place.startDaemon()
            for command in [
                ["check-config"], ["config", "dump", "--json"], ["status", "--json"], ["users", "list"], ["reload"],
                ["refresh", "--all"], ["support", "bundle", place.directory + "/bundle.tar"],
            ] {
                let run = try await place.start(command).result()
                #expect(run.status == 0, "\(command): \(run.errors)")
            }
            let seen = ["cmdline", "environ"].map { FileManager.default.contents(atPath: "/proc/\(daemon.pid)/\($0)") }
            #expect(seen.allSatisfy { $0.map { Disguise.found([password], in: $0).isEmpty } == true })
            daemon.send(SIGTERM)
            _ = await daemon.ended()
            let wrong = "wrong-" + UUID().uuidString
            try write(wrong)
            for command in [["check-config"], ["run"], ["status"], ["users", "import", "/etc/passwd"]] {
                #expect(try await place.start(command).result().status != 0)
            }
            for secret in [password, wrong] {
                #expect(place.placesHolding(secret).allSatisfy { $0 == file })
            }
            for (name, bytes) in place.transcripts {
                #expect(Disguise.found([password, wrong], in: bytes).isEmpty, "\(name)")
            }
            try await database.execute("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }
}
