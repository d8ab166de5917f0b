import Foundation
import GRDB
import Glibc
import RefreshCore
import Testing
import TightSandbox

/// Leaving with everybody's tokens, and arriving with them; who was called is read from the server's log.
@Suite(.timeLimit(.minutes(2)))
struct TokensExportTests {
    private static let expiry = Timestamp(secondsSinceEpoch: 1_900_000_000)

    private static func file(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

    private static func mode(_ path: String) throws -> [Int] {
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        return [attributes[.posixPermissions], attributes[.ownerAccountID]].compactMap { ($0 as? NSNumber)?.intValue }
    }

    private static func clear(_ token: AccessToken?) -> String {
        token?.secret.withBytes { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    private static func loseStore(_ place: Workplace) {
        for suffix in ["", "-wal", "-shm", ".lock"] { unlink(place.store + suffix) }
    }

    private static func stop(_ daemon: ProgramRun) async {
        daemon.send(SIGTERM)
        _ = await daemon.result()
    }

    /// Everybody with refresh token, expiry and, every other one, a group; a schedule that calls nobody by itself.
    private static func filled(
        users count: Int = 6, _ body: (Workplace) async throws -> Void
    ) async throws {
        try await Workplace.with(users: count, expiresAt: expiry) { place in
            try place.configure([
                "schedule": ["every": "30d", "minimumInterval": "1h"], "groups": ["gold": ["every": "20d"]],
            ])
            let rows = place.users.enumerated().map { number, user in
                "\(user.id),\(clear(user.token)),\(clear(user.refreshToken)),\(expiry),\(number % 2 == 0 ? "" : "gold")"
            }
            let csv =
                "user_id,access_token,refresh_token,expires_at,group\n" + rows.map { $0 + "\n" }.joined()
            let imported = try await place.run("users", "import", "-", input: csv)
            try #require(imported.status == 0, "\(imported.errors)")
            try await body(place)
        }
    }

    /// Runs a line of the shell in which `$0` is the program.
    private static func shell(_ line: String, in place: Workplace) async throws -> Workplace.Result {
        try await place.start(
            "/bin/sh", ["-c", line, try Program.bankrefreshd.path()],
            environment: ["BANKREFRESHD_CONFIG": place.config]
        ).result()
    }

    // MARK: Leaving and arriving

    @Test func `whoever leaves takes everybody along as they stand, and nobody is called sooner for it`() async throws {
        try await Self.filled { place in
            let first = try await place.startDaemon()
            place.sandbox.set(behaviour: .unauthorized, forUser: place.users[1].id)
            place.sandbox.set(behaviour: .failure, forUser: place.users[2].id)
            for number in 1...2 { _ = try await place.run("refresh", "user-00000\(number)") }
            // In its turn, since a call by hand that fails leaves the turn where it was.
            _ = try await place.run("refresh", "user-000003", "--no-wait")
            try await place.sandbox.waitForCalls(atLeast: 3)
            _ = try await place.run("users", "pause", "user-000004", "--for", "4h")
            _ = try await place.run("users", "pause", "user-000005")
            await Self.stop(first)
            let left = place.directory + "/left"
            let exported = try await place.run("tokens", "export", left)
            #expect(exported.status == 0, "\(exported.errors)")
            #expect(
                exported.output
                    == "exported 6 users with their tokens in clear text, 6 refresh tokens among them: \(left)\n")
            #expect(try Self.mode(left) == [0o600, Int(geteuid())])
            let lines = try Self.file(left).split(separator: "\n")
            #expect(lines.count == 6)
            for (line, user) in zip(lines, place.users) {
                let begin =
                    #"{"user_id":"\#(user.id)","access_token":"\#(Self.clear(user.token))","#
                    + #""refresh_token":"\#(Self.clear(user.refreshToken))","expires_at":"\#(Self.expiry)","#
                #expect(line.hasPrefix(begin))
            }

            Self.loseStore(place)
            let imported = try await place.run("users", "import", left)
            #expect(imported.status == 0, "\(imported.errors)")
            #expect(imported.output.hasPrefix("6 users kept: 6 added"))
            let again = place.directory + "/again"
            #expect(try await place.run("tokens", "export", again).status == 0)
            #expect(try Self.file(again) == Self.file(left), "to the microsecond")
            let states = try await place.run("users", "list", "--json").objects.map { $0["state"] as? String }
            #expect(states == ["scheduled", "parked", "backing off", "paused", "paused", "scheduled"])

            let next = try await place.startDaemon()
            let calls = place.sandbox.totals.total
            #expect(calls == 3)
            let answers = try await place.run("refresh", "user-000001", "user-000002", "user-000003", "user-000004")
            #expect(answers.output.contains("user-000001: refused until "))
            #expect(answers.output.contains("user-000003: refused until "))
            #expect(place.sandbox.totals.total == calls, "nobody whom the interval or a state holds back")
            #expect(try await place.run("refresh", "user-000006").status == 0, "and the tokens are good")
            await Self.stop(next)
        }
    }

    @Test(arguments: [true, false])
    func `a store that knows of a later call keeps it`(isRunning: Bool) async throws {
        try await Self.filled(users: 2) { place in
            let left = place.directory + "/left"
            #expect(try await place.run("tokens", "export", left).status == 0)
            let daemon = try await place.startDaemon()
            #expect(try await place.run("refresh", "user-000001").status == 0)
            let before = try await place.run("users", "export", "user-000001").object
            if !isRunning { await Self.stop(daemon) }
            let imported = try await place.run("users", "import", left)
            #expect(imported.status == 0, "\(imported.errors)")
            #expect(imported.output.contains("2 unchanged"))
            let after = try await place.run("users", "export", "user-000001").object
            #expect(after["reachedAt"] as? String == before["reachedAt"] as? String && after["reachedAt"] != nil)
            #expect(after["nextDue"] as? String == before["nextDue"] as? String)
            let next = isRunning ? daemon : try await place.startDaemon()
            #expect(try await place.run("refresh", "user-000001").status == 75)
            #expect(place.sandbox.totals.total == 1)
            await Self.stop(next)
        }
    }

    @Test func `a daemon that runs takes over when users were called elsewhere`() async throws {
        try await Self.filled(users: 2) { place in
            let daemon = try await place.startDaemon()
            #expect(try await place.run("refresh", "user-000001").status == 0)
            await Self.stop(daemon)
            let left = place.directory + "/left"
            #expect(try await place.run("tokens", "export", left).status == 0)
            Self.loseStore(place)
            // The list of everybody, which knows of no call.
            try await place.importAll()
            let next = try await place.startDaemon()
            let imported = try await place.run("users", "import", left)
            #expect(imported.status == 0, "\(imported.errors)")
            let refused = try await place.run("refresh", "user-000001")
            #expect(refused.output.contains("user-000001: refused until "))
            #expect(try await place.run("refresh", "user-000002").status == 0)
            #expect(place.sandbox.totals.total == 2)
            await Self.stop(next)
        }
    }

    @Test func `who was being called when the daemon was killed counts as called`() async throws {
        try await Self.filled(users: 1) { place in
            place.sandbox.set(behaviourForAll: .slow(.seconds(60)))
            let daemon = try await place.startDaemon()
            let call = try place.start(["refresh", "user-000001"])
            try await place.sandbox.waitForCalls(atLeast: 1)
            daemon.send(SIGKILL)
            _ = await daemon.result()
            _ = await call.result()
            let exported = try await Self.shell("\"$0\" tokens export - | cat", in: place)
            #expect(exported.output.contains(#""reached_at":"2"#))
            #expect(exported.output.contains(#""last_outcome":"unknown""#))
        }
    }

    // MARK: Where to, and who

    @Test func `tokens leave only to a new file of one's own or a pipe, and only while nobody works with the store`()
        async throws
    {
        try await Self.filled(users: 2) { place in
            let (left, open) = (place.directory + "/left", place.directory + "/open")
            #expect(mkdir(open, 0o777) == 0 && chmod(open, 0o777) == 0)
            symlink(place.directory + "/elsewhere", place.directory + "/link")
            for (target, words) in [
                (place.store, "already exists"), (place.config, "already exists"),
                (place.directory + "/link", "already exists"),
                (place.directory + "/no/file", "there is no directory"),
                (open + "/file", "others may change what is in"),
            ] {
                let refused = try await place.run("tokens", "export", target)
                #expect(refused.status == 64 && refused.output.isEmpty)
                #expect(refused.errors.contains(words), "\(refused.errors)")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: open).isEmpty)
            #expect(!FileManager.default.fileExists(atPath: place.directory + "/elsewhere"))
            for (line, words) in [
                ("umask 022; \"$0\" tokens export - > shown", "a file that others may read"),
                ("mkfifo -m 644 fifo; cat fifo & exec \"$0\" tokens export - > fifo", "a file that others may read"),
                ("\"$0\" tokens export - > /dev/null", "neither a pipe nor a file"),
                ("\"$0\" tokens export - >&-", "standard output"),
            ] {
                let refused = try await Self.shell(line, in: place)
                #expect(refused.status == 64 || refused.status == 74, "\(line): \(refused.status)")
                #expect(refused.errors.contains(words), "\(refused.errors)")
            }
            #expect(try Self.file(place.directory + "/shown").isEmpty)
            let terminal = try Terminal()
            let shown = try await place.start(["tokens", "export", "-"], terminal: terminal).result()
            #expect(shown.status == 64 && shown.output.contains("would be shown on the terminal"))
            let nobody = try await place.runAsNobody("tokens", "export", "-")
            #expect(nobody.status == 77, "\(nobody.errors)")

            let daemon = try await place.startDaemon()
            for target in [left, "-"] {
                let refused = try await place.run("tokens", "export", target)
                #expect(refused.status == 75 && refused.output.isEmpty)
                #expect(refused.errors.contains("in use by process \(daemon.pid)"))
                #expect(refused.errors.contains("systemctl stop bankrefreshd"))
            }
            await Self.stop(daemon)
            #expect(!FileManager.default.fileExists(atPath: left))
            for user in place.users {
                #expect(place.placesHolding(Self.clear(user.token)).isEmpty)
                #expect(place.placesHolding(Self.clear(user.refreshToken)).isEmpty)
            }

            let piped = try await Self.shell("\"$0\" tokens export - | wc -l", in: place)
            #expect(piped.output == "2\n")
            #expect(piped.errors.hasPrefix("exported 2 users with their tokens in clear text"))
            let own = try await Self.shell("umask 077; \"$0\" tokens export - --json > own", in: place)
            #expect(own.status == 0 && own.errors.contains(#""users":2"#), "\(own.errors)")
            #expect(try Self.file(place.directory + "/own").split(separator: "\n").count == 2)
        }
    }

    @Test func `there has to be a store, and none is made`() async throws {
        try await Workplace.with { place in
            let none = try await place.run("tokens", "export", place.directory + "/left")
            #expect(none.status == 65 && none.errors.contains("there is no store at \(place.store)"))
            #expect(!FileManager.default.fileExists(atPath: place.store))
        }
    }

    @Test func `root takes the service's tokens to where only root may read`() async throws {
        try await Self.filled(users: 3) { place in
            for suffix in ["", "-wal", "-shm", ".lock"] { chown(place.store + suffix, 65_534, 65_534) }
            for path in [place.directory, place.key] {
                try #require(chown(path, 65_534, 65_534) == 0, "this test gives files away: run it as root")
            }
            let vault = place.directory + "/vault"
            #expect(mkdir(vault, 0o700) == 0)
            let made = try await place.run("tokens", "export", vault + "/left", "--json")
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.object["users"] as? Int == 3 && made.object["path"] as? String == vault + "/left")
            #expect(try Self.mode(vault + "/left") == [0o600, 0])
            #expect(try FileManager.default.contentsOfDirectory(atPath: vault) == ["left"])
            let owner = try await place.runAsNobody("tokens", "export", place.directory + "/own")
            #expect(owner.status == 0, "\(owner.errors)")
            #expect(try Self.mode(place.directory + "/own") == [0o600, 65_534])
        }
    }

    // MARK: What goes wrong

    @Test func `a token that does not open is told, and the others leave`() async throws {
        try await Self.filled(users: 3) { place in
            let queue = try DatabaseQueue(path: place.store)
            try await queue.write { db in
                try db.execute(
                    sql: "UPDATE users SET token = refresh_token, refresh_token = token WHERE id = 'user-000002'")
            }
            try queue.close()
            let left = place.directory + "/left"
            let exported = try await place.run("tokens", "export", left)
            #expect(exported.status == 65)
            #expect(exported.output.hasPrefix("exported 2 users"))
            #expect(exported.output.contains("tokens of 1 user do not open with the keys at hand"))
            #expect(exported.output.contains("user-000002"))
            #expect(try Self.file(left).split(separator: "\n").count == 2)
            let json = try await place.run("tokens", "export", left + "2", "--json")
            #expect(json.status == 65)
            #expect(json.object["unopened"] as? Int == 1)
            #expect(json.object["firstUnopened"] as? [String] == ["user-000002"])
            try FileManager.default.removeItem(atPath: place.key)
            _ = try await place.run("key", "generate", place.key)
            #expect(try await place.run("tokens", "export", left + "3").status == 78)
            #expect(!FileManager.default.fileExists(atPath: left + "3"))
        }
    }

    @Test func `a disk that becomes full keeps nothing of it`() async throws {
        try #require(geteuid() == 0, "this test mounts a file system: run it as root")
        try await Self.filled(users: 200) { place in
            let full = try await Self.shell(
                """
                mkdir -m 700 full && exec unshare --mount sh -c 'mount -t tmpfs -o size=16k,mode=0700 full full
                "$0" tokens export full/left; echo $?; ls -A full
                umask 077; "$0" tokens export - > full/own; echo $?' "$0"
                """, in: place)
            #expect(full.output == "74\n74\n")
            #expect(full.errors.contains("full/left cannot be written: No space left on device"))
            #expect(full.errors.contains("standard output cannot be written: No space left on device"))
        }
    }

    @Test func `a reader that goes away ends it`() async throws {
        try await Self.filled(users: 2_000) { place in
            let cut = try await Self.shell(
                "{ \"$0\" tokens export -; echo \"status $?\" >&2; } | head -c 100", in: place)
            #expect(cut.output.count == 100)
            #expect(cut.errors.contains("status 141"))
            #expect(try await place.run("users", "list", "--limit", "1").status == 0, "the store is free again")
        }
    }
}
