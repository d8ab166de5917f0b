import Foundation
import Glibc
import Testing
import TightSandbox

/// `users sync`, with the daemon and without.
@Suite(.timeLimit(.minutes(1)))
struct UsersSyncTests {
    private func csv(_ users: [(String, String)]) -> String {
        "user_id,access_token\n" + users.map { "\($0.0),\($0.1)\n" }.joined()
    }

    private func stored(_ place: Workplace) async throws -> [String] {
        try await place.run("users", "list", "--json").objects.compactMap { $0["userID"] as? String }
    }

    private func sync(_ place: Workplace, _ input: String, _ options: String...) async throws -> Workplace.Result {
        try await place.start(["users", "sync", "-"] + options, input: Data(input.utf8)).result()
    }

    @Test(arguments: [true, false])
    func `the file is the whole truth`(isRunning: Bool) async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "30d"]])
            let before = csv([("a", "ta"), ("b", "tb"), ("c", "tc"), ("d", "td")])
            #expect(try await place.run("users", "import", "-", input: before).status == 0)
            let daemon = isRunning ? try await place.startDaemon() : nil
            let after = csv([("a", "ta"), ("b", "other"), ("n", "tn")])
            let trial = try await sync(place, after, "--dry-run", "--remove-at-most", "50%")
            #expect(trial.status == 0, "\(trial.errors)")
            #expect(
                trial.output == """
                    c: would be removed
                    d: would be removed
                    3 users kept: 1 added, 1 with a new token, 1 unchanged; 0 rows refused; 2 users removed
                    nothing was changed: this was a dry run

                    """)
            #expect(try await stored(place) == ["a", "b", "c", "d"])
            let synced = try await sync(place, after, "--remove-at-most", "50%")
            #expect(synced.status == 0, "\(synced.errors)")
            #expect(
                synced.output == """
                    c: removed
                    d: removed
                    3 users kept: 1 added, 1 with a new token, 1 unchanged; 0 rows refused; 2 users removed

                    """)
            #expect(
                synced.errors.contains("entries about the removed users in the journal and backups of the store stay"))
            #expect(try await stored(place) == ["a", "b", "n"])
            if let daemon {
                #expect(
                    await daemon.errors.wait(
                        for: "Synced: 1 user added, 1 token replaced, 1 user unchanged, 2 users removed"))
                #expect(daemon.errors.text.contains("User c was removed"))
                #expect(daemon.errors.text.components(separatedBy: "Synced: ").count == 2)
            }
            let again = try await sync(place, after, "--json")
            #expect(again.status == 0)
            #expect(again.object["unchanged"] as? Int == 3 && again.object["removed"] as? Int == 0)
        }
    }

    @Test(
        arguments: [
            ("user_id,access_token\na,ta\nb,to ken\n", "1 row refused"),
            ("user_id,access_token\na,ta\nb", "1 row refused"),
            // Nothing but the end of the file tells that it was cut.
            ("user_id,access_token\na,ta\nb,t", "1 row refused"),
            ("{\"user_id\":\"a\",\"access_token\":\"ta\"}\n{\"user_id\":\"b\",\"acc", "1 row refused"),
            ("user_id,access_token\na,ta\n1.5E+20,tb\n", "1 row refused"),
            ("", "the file names no users"), ("user_id,access_token\n", "the file names no users"),
            ("user_id,access_token\na,ta\nb\u{0},tb\n", "binary data"),
            ("user,token\na,ta\n", "not known"),
        ] as [(String, String)])
    func `a file that may lack users removes nobody`(input: String, named: String) async throws {
        try await Workplace.with { place in
            let before = csv([("a", "ta"), ("b", "tb"), ("c", "tc")])
            #expect(try await place.run("users", "import", "-", input: before).status == 0)
            let synced = try await sync(place, input, "--remove-at-most", "100%")
            #expect(synced.status == 65)
            #expect(synced.errors.contains("no user is removed: "))
            #expect(synced.errors.contains(named), "\(synced.errors)")
            #expect(try await stored(place) == ["a", "b", "c"])
        }
    }

    @Test(arguments: [true, false])
    func `told that it is meant, it removes all but whom a refused row is about`(isRunning: Bool) async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "30d"]])
            let before = csv([("a", "ta"), ("b", "tb"), ("c", "tc"), ("d", "td")])
            #expect(try await place.run("users", "import", "-", input: before).status == 0)
            if isRunning { _ = try await place.startDaemon() }
            // The second and the third row lack something, and tell whom they are about.
            let after = "user_id,access_token\na,ta\nb,to ken\nc\n"
            let options = ["--remove-at-most", "100%", "--allow-incomplete"]
            let synced = try await place.start(["users", "sync", "-"] + options, input: Data(after.utf8)).result()
            #expect(synced.status == 65)
            #expect(synced.output.hasPrefix("d: removed\n"))
            #expect(try await stored(place) == ["a", "b", "c"])
            let none = try await place.start(["users", "sync", "-"] + options, input: Data()).result()
            #expect(none.status == 0, "\(none.errors)")
            #expect(try await stored(place).isEmpty)
        }
    }

    @Test func `more than the limit is refused without a terminal, and asked for at one`() async throws {
        try await Workplace.with { place in
            let users = (0..<200).map { ("u\($0)", "t\($0)") }
            #expect(try await place.run("users", "import", "-", input: csv(users)).status == 0)
            let file = place.directory + "/users.csv"
            try csv(Array(users.dropFirst(3))).write(toFile: file, atomically: true, encoding: .utf8)
            // 1 % of them are two.
            let refused = try await place.run("users", "sync", file)
            #expect(refused.status == 65)
            #expect(
                refused.errors.contains(
                    "no user is removed: 3 of 200 stored users (1.5 %) are not in \(file), and --remove-at-most is 1%; "
                        + "if this is intended: --remove-at-most 3"), "\(refused.errors)")
            #expect(refused.errors.hasSuffix("\n  would go: u0\n  would go: u1\n  would go: u2\n"), "\(refused.errors)")
            #expect(try await stored(place).count == 200)
            for (answer, left) in [("n\r", 200), ("\r", 200), ("y\r", 197)] {
                let terminal = try Terminal()
                let run = try place.start(["users", "sync", file], terminal: terminal)
                #expect(await terminal.shown.wait(for: "  would go: u2\r\nRemove them? [y/N] "))
                terminal.type(answer)
                #expect(await run.result().status == (left == 197 ? 0 : 65))
                #expect(try await stored(place).count == left)
            }
            try csv(Array(users.dropFirst(4))).write(toFile: file, atomically: true, encoding: .utf8)
            #expect(try await place.run("users", "sync", file).status == 0)
            #expect(try await place.run("users", "sync", file, "--remove-at-most", "x").status == 64)
            try csv(Array(users.dropFirst(10))).write(toFile: file, atomically: true, encoding: .utf8)
            let few = try await place.run("users", "sync", file, "--remove-at-most", "6")
            #expect(few.status == 0 && few.output.contains("190 users kept"), "\(few.errors)")
        }
    }

    @Test(arguments: [true, false])
    func `who would go, and why nobody does, is told beforehand and in the journal`(isRunning: Bool) async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "30d"]])
            let users = (100..<150).map { ("u\($0)", "t\($0)") }
            #expect(try await place.run("users", "import", "-", input: csv(users)).status == 0)
            let daemon = isRunning ? try await place.startDaemon() : nil
            let left = csv(Array(users.dropFirst(23)))
            let reason = "23 of 50 stored users (46 %) are not in standard input, and --remove-at-most is 1%"
            let trial = try await sync(place, left, "--dry-run")
            #expect(trial.status == 65)
            let names = (100..<120).map { "  would go: u\($0)\n" }.joined()
            #expect(
                trial.errors
                    == "standard input: no user would be removed: \(reason); if this is intended: --remove-at-most 23\n"
                    + names + "  and 3 others; --json names them all\n")
            let json = try await sync(place, left, "--dry-run", "--json")
            #expect(json.object["missingUsers"] as? [String] == (100..<123).map { "u\($0)" })
            #expect(json.object["removedUsers"] as? [String] == [])

            let refused = try await sync(place, left)
            #expect(refused.status == 65)
            #expect(refused.errors.contains("no user is removed: \(reason)"))
            #expect(refused.errors.contains(names))
            let line = "Synced: 0 users added, 0 tokens replaced, 27 users unchanged, 0 users removed: "
            if let daemon {
                #expect(await daemon.errors.wait(for: line + reason + "\n"), "\(daemon.errors.text)")
                let broken = try await sync(place, left + "x")
                #expect(broken.errors.contains("  would go: u100\n"))
                #expect(await daemon.errors.wait(for: line + "1 row refused, so the file may lack users\n"))
                _ = try await sync(place, "user,token\n")
                #expect(await daemon.errors.wait(for: " 0 users removed: column "), "\(daemon.errors.text)")
            }
            #expect(try await stored(place).count == 50)
        }
    }

    @Test func `who is added by somebody else while it reads stays`() async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "30d"]])
            #expect(
                try await place.run("users", "import", "-", input: csv([("a", "ta"), ("b", "tb"), ("c", "tc")])).status
                    == 0)
            _ = try await place.startDaemon()
            // A pipe that is held open: the sync has begun, and has not ended.
            let pipe = place.directory + "/users.fifo"
            try #require(mkfifo(pipe, 0o600) == 0)
            let run = try place.start(["users", "sync", pipe, "--remove-at-most", "100%"])
            let writer = try FileHandle(forWritingTo: URL(filePath: pipe))
            try writer.write(contentsOf: Data(csv([("a", "ta")]).utf8))
            // It is known who was stored once something of the file was asked for and read.
            var unread: Int32 = 1
            while unread > 0 {
                try #require(ioctl(writer.fileDescriptor, UInt(FIONREAD), &unread) == 0)
                try await Task.sleep(for: .milliseconds(20))
            }
            #expect(try await place.run("users", "add", "new", input: "tn").status == 0)
            #expect(try await place.run("users", "remove", "b").status == 0)
            #expect(try await place.run("users", "add", "b", input: "tb").status == 0)
            try writer.close()
            let synced = await run.result()
            #expect(synced.status == 0, "\(synced.errors)")
            #expect(synced.output.hasPrefix("c: removed\n"))
            #expect(try await stored(place) == ["a", "b", "new"])
        }
    }
}
