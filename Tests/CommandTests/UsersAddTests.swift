import Foundation
import Glibc
import Testing

@Suite(.timeLimit(.minutes(1)))
struct UsersAddTests {
    @Test func `a token from standard input is stored, and replaced by the next`() async throws {
        try await Workplace.with { place in
            let added = try await place.run("users", "add", "alice", input: place.token(0) + "\n")
            #expect(added.status == 0)
            #expect(added.output.wholeMatch(of: /alice: added; next call \S+Z\n/) != nil)
            let due = try await place.show("alice")["nextDue"] as? String
            let replaced = try await place.run("users", "add", "alice", input: place.token(1))
            #expect(replaced.status == 0)
            #expect(replaced.output == "alice: token replaced; next call \(due ?? "")\n")
            #expect(replaced.errors.isEmpty)
        }
    }

    @Test func `the stored token again is told and changes nothing, a parked user included`() async throws {
        try await Workplace.with { place in
            try place.configure(["groups": ["gold": [:]]])
            _ = try await place.run("users", "add", "alice", input: "wrong-token")
            let daemon = try await place.startDaemon()
            _ = try await place.run("refresh", "alice")
            let same = try await place.run("users", "add", "alice", input: "wrong-token\n")
            #expect(same.status == 0)
            #expect(
                same.output
                    == "alice: that token is stored already, nothing is changed; it stays parked: unauthorized\n")
            let moved = try await place.run("users", "add", "alice", "--group", "gold", input: "wrong-token")
            #expect(moved.status == 0)
            #expect(moved.output.hasPrefix("alice: that token is stored already, group or expiry are changed"))
            let shown = try await place.show("alice")
            #expect(shown["group"] as? String == "gold" && shown["state"] as? String == "parked")
            daemon.send(SIGTERM)
            _ = await daemon.result()
        }
    }

    @Test func `group and expiry are kept, and JSON tells them`() async throws {
        try await Workplace.with { place in
            try place.configure(["groups": ["gold": ["every": "6h"]]])
            let added = try await place.run(
                "users", "add", "alice", "--group", "gold", "--expires-at", "2090-01-01T00:00:00Z", "--json",
                input: place.token(0))
            #expect(added.status == 0)
            #expect(added.object["userID"] as? String == "alice")
            #expect(added.object["group"] as? String == "gold")
            #expect(added.object["tokenExpiresAt"] as? String == "2090-01-01T00:00:00Z")
            #expect(added.object["state"] as? String == "scheduled")
            #expect(added.errors.isEmpty)
            let typo = try await place.run("users", "add", "alice", "--group", "glod", input: place.token(0))
            #expect(typo.status == 0)
            #expect(typo.errors.contains("no such group in \(place.config): glod"))
        }
    }

    @Test(
        arguments: [
            ("", "no token came on standard input"), ("\n", "the token is empty"), ("to ken", "(character 3)"),
            ("q7x2w\nsecond\n", "(character 6)"), ("q7x2w\n\n", "(character 6)"), (" q7x2w", "(character 1)"),
            ("tok\u{1}en", "(character 4)"), ("tokén", "(character 4)"),
            (String(repeating: "a", count: 4_097), "4097 bytes long"),
        ] as [(String, String)])
    func `what is no token is refused by its place, and not shown`(input: String, named: String) async throws {
        try await Workplace.with { place in
            let refused = try await place.run("users", "add", "alice", input: input)
            #expect(refused.status == 65)
            #expect(refused.errors.contains(named))
            #expect(!refused.errors.contains("q7x2w") && !refused.errors.contains("aaaa"))
            #expect(try await place.run("users", "show", "alice").status == 65)
        }
    }

    @Test(
        arguments: [
            ([String(repeating: "a", count: 257)], "257 bytes long"), (["a\u{1B}[31mb"], "a control character"),
            (["a\nb"], "a control character"), ([""], "empty"), (["a", "--group", "a b"], "not a group name"),
            (["a", "--expires-at", "2020-01-01T00:00:00Z"], "the token expired at 2020-01-01T00:00:00Z"),
        ] as [([String], String)])
    func `what cannot be stored is refused before a token is asked for`(arguments: [String], named: String) async throws
    {
        try await Workplace.with { place in
            let refused = try await place.start(["users", "add"] + arguments, terminal: Terminal()).result()
            #expect(refused.status == 65)
            #expect(refused.output.contains(named))
            #expect(!refused.output.contains("Access token"))
            #expect(!refused.output.contains("\u{1B}"))
        }
    }

    @Test func `a prompt takes the token without showing it`() async throws {
        try await Workplace.with { place in
            let terminal = try Terminal()
            let adding = try place.start(["users", "add", "alice"], terminal: terminal)
            #expect(await terminal.shown.wait(for: "Access token of alice: "))
            #expect(!terminal.echoes)
            // Typed wrong, taken back, typed right.
            terminal.type("x\u{7F}" + place.token(0) + "\r")
            let added = await adding.result()
            #expect(added.status == 0)
            #expect(added.output.contains("alice: added"))
            #expect(!added.output.contains(place.token(0).prefix(8)))
            let daemon = try await place.startDaemon()
            let refreshed = try await place.run("refresh", "alice")
            #expect(refreshed.output.contains("alice: refreshed"))
            daemon.send(SIGTERM)
            _ = await daemon.result()
        }
    }

    @Test(arguments: [("\u{3}", 130), ("\u{4}", 65), ("\r", 65)] as [(String, Int32)])
    func `a prompt that is left changes nothing, and the terminal echoes again`(typed: String, status: Int32)
        async throws
    {
        try await Workplace.with { place in
            // Open at both ends all the time, as a terminal with a shell in it is.
            let terminal = try Terminal()
            let shell = fcntl(terminal.programSide.fileDescriptor, F_DUPFD_CLOEXEC, 0)
            let adding = try place.start(["users", "add", "alice"], terminal: terminal)
            #expect(await terminal.shown.wait(for: "Access token of alice: "))
            terminal.type(typed)
            #expect(await adding.ended() == status)
            #expect(terminal.echoes)
            close(shell)
            #expect(try await place.run("users", "show", "alice").status == 65)
        }
    }

    @Test func `a prompt does not come when the command could not go on`() async throws {
        try await Workplace.with { place in
            try FileManager.default.removeItem(atPath: place.key)
            let refused = try await place.start(["users", "add", "alice"], terminal: Terminal()).result()
            #expect(refused.status == 78)
            #expect(!refused.output.contains("Access token"))
        }
    }

    @Test func `a parked user is released by a new token, with the daemon and without`() async throws {
        try await Workplace.with { place in
            _ = try await place.run("users", "add", "alice", input: "wrong-token-1")
            for isRunning in [true, false] {
                let daemon = try await place.startDaemon()
                _ = try await place.run("refresh", "alice", "--force")
                let parked = try await place.show("alice")
                #expect(parked["parkReason"] as? String == "unauthorized")
                #expect(parked["mend"] as? String == "bankrefreshd users add alice (with a new token)")
                if !isRunning {
                    daemon.send(SIGTERM)
                    _ = await daemon.result()
                }
                let released = try await place.run("users", "add", "alice", input: "wrong-token-\(isRunning)")
                #expect(released.output.hasPrefix("alice: token replaced, no longer parked; next call "))
                daemon.send(SIGTERM)
                _ = await daemon.result()
            }
        }
    }
}
