import Foundation
import Glibc
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct UsersImportTests {
    private static let badRows = """
        user_id,access_token,expires_at,group
        a,token-a,,
        b,token-b
        c,tok en,,
        a,token-again,,
        ,token-d,,
        e,token-e,2020-01-01T00:00:00Z,
        f,token-f,,no good
        g,token-g,,gold

        """
    private static let badLines = [3, 4, 5, 6, 7, 8]

    @Test(arguments: [true, false])
    func `bad rows are told by line, and the rest is kept`(isRunning: Bool) async throws {
        try await Workplace.with { place in
            try place.configure(["groups": ["gold": [:]]])
            if isRunning { _ = try await place.startDaemon() }
            let imported = try await place.run("users", "import", "-", input: Self.badRows)
            #expect(imported.status == 65)
            #expect(imported.output == "2 users kept: 2 added, 0 with a new token; 6 rows refused\n")
            let lines = imported.errors.split(separator: "\n")
            #expect(lines.map { Int($0.split(separator: ":")[0].split(separator: " ")[1]) } == Self.badLines)
            #expect(lines[1].contains("access_token"))
            #expect(lines[2].contains("on line 2"))
            #expect(!imported.errors.contains("\u{1B}"))

            let json = try await place.run("users", "import", "-", "--json", input: Self.badRows)
            #expect(json.status == 65)
            #expect(json.errors.isEmpty)
            #expect(json.object["replaced"] as? Int == 0)
            #expect(json.object["unchanged"] as? Int == 2)
            let problems = json.object["problems"] as? [[String: Any]] ?? []
            #expect(problems.map { $0["line"] as? Int } == Self.badLines)
            let listed = try await place.run("users", "list", "--json").objects
            #expect(listed.compactMap { $0["userID"] as? String }.sorted() == ["a", "g"])
        }
    }

    @Test func `what a script has read of standard input is not read again`() async throws {
        try await Workplace.with { place in
            let file = place.directory + "/users.csv"
            let text = "exported at night\nuser_id,access_token\na,token-a\n"
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            let script = #"{ read -r title; exec "$0" users import -; } < "$1""#
            let imported = try await place.start(
                "/bin/sh", ["-c", script, Program.bankrefreshd.path(), file],
                environment: ["BANKREFRESHD_CONFIG": place.config]
            ).result()
            #expect(imported.status == 0, "\(imported.errors)")
            #expect(imported.output == "1 user kept: 1 added, 0 with a new token; 0 rows refused\n")
        }
    }

    @Test func `NDJSON is taken as well, from a file or a pipe`() async throws {
        try await Workplace.with { place in
            let text = """
                {"user_id":"a","access_token":"token-a"}
                {"user_id":"b"}
                {"user_id":"c","access_token":"token-c","refresh_token":"more-c"}
                {"user_id":"d","access_tok
                """
            let file = place.directory + "/users.ndjson"
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            let imported = try await place.run("users", "import", file)
            #expect(imported.status == 65)
            #expect(imported.output == "2 users kept: 2 added, 0 with a new token; 2 rows refused\n")
            #expect(imported.errors.contains("line 2: "))
            #expect(imported.errors.contains("line 4: "))
            let again = try await place.run("users", "import", "-", input: text)
            #expect(again.output == "2 users kept: 0 added, 0 with a new token, 2 unchanged; 2 rows refused\n")
            let wrongForm = try await place.run("users", "import", "-", "--format", "csv", input: text)
            #expect(wrongForm.status == 65)
            #expect(wrongForm.output.isEmpty)
        }
    }

    @Test(
        arguments: [
            "user_id,access_token\na,token-a\nb,token-b\nc,half-of-a-tok",
            #"{"user_id":"a","access_token":"token-a"}"# + "\n" + #"{"user_id":"b","access_token":"token-b"}"# + "\n"
                + #"{"user_id":"c","access_token":"half-of-a-tok"}"#,
            #"{"user_id":"a","access_token":"token-a"}"# + "\n" + #"{"user_id":"b","access_token":"token-b"}"# + "\n"
                + #"{"user_id":"c","access_token":"half-"#,
        ], [true, false])
    func `of a list that was cut short, all is kept but what may be half of a row`(
        list: String, isRunning: Bool
    ) async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "30d"]])
            if isRunning { _ = try await place.startDaemon() }
            let imported = try await place.run("users", "import", "-", input: list)
            #expect(imported.status == 65)
            #expect(imported.output == "2 users kept: 2 added, 0 with a new token; 1 row refused\n")
            let line = list.contains("{") ? 3 : 4
            #expect(
                imported.errors.hasPrefix("line \(line): this last line of the file has no newline"),
                "\(imported.errors)")
            #expect(imported.errors.contains("load the complete file, or, if it is complete, end it"))
            let json = try await place.run("users", "import", "-", "--json", input: list)
            #expect(json.status == 65)
            #expect((json.object["problems"] as? [[String: Any]])?.map { $0["line"] as? Int } == [line])
            #expect(try await place.run("users", "show", "c").status == 65)
            // As the remedy says.
            guard !list.hasSuffix("half-") else { return }
            #expect(try await place.run("users", "import", "-", input: list + "\n").status == 0)
        }
    }

    @Test(
        arguments: [
            ("", "the file is empty"), ("user_id,access_token\n", "a header and no users"),
            ("a,b\n1,2\n", "not a header"), ("user_id,access_token\na\u{0},b\n", "binary data"),
            ("\u{7F}ELF\u{0}\u{1}\u{2}", "not a text file"),
        ] as [(String, String)])
    func `a file that holds no users is refused as a whole`(text: String, named: String) async throws {
        try await Workplace.with { place in
            let refused = try await place.run("users", "import", "-", input: text)
            #expect(refused.status == 65)
            #expect(refused.errors.hasPrefix("bankrefreshd: standard input: "))
            #expect(refused.errors.contains(named))
            #expect(refused.output.isEmpty)
            #expect(!refused.errors.contains("0 users kept"))
        }
    }

    @Test func `a path that leads to no file is told`() async throws {
        try await Workplace.with { place in
            let directory = try await place.run("users", "import", place.directory)
            #expect(directory.status == 65)
            #expect(directory.errors.contains("Is a directory"))
            let missing = try await place.run("users", "import", place.directory + "/missing.csv")
            #expect(missing.status == 65)
            #expect(missing.errors.contains("missing.csv cannot be read: No such file or directory"))
        }
    }

    @Test func `groups that nobody configured are remarked on once`() async throws {
        try await Workplace.with { place in
            let text = "user_id,access_token,group\na,token-a,glod\nb,token-b,glod\n"
            let imported = try await place.run("users", "import", "-", input: text)
            #expect(imported.status == 0)
            #expect(imported.errors.split(separator: "\n").count == 1)
            #expect(imported.errors.contains("no such group in \(place.config): glod"))
        }
    }

    @Test(arguments: [true, false])
    func `many users are imported at once, with the daemon and without`(isRunning: Bool) async throws {
        try await Workplace.with(users: 20_000) { place in
            try place.configure(["schedule": ["every": "30d"]])
            let daemon = isRunning ? try await place.startDaemon() : nil
            let imported = try await place.run("users", "import", "-", input: place.csv)
            #expect(imported.status == 0)
            if let daemon {
                // In the journal it is one entry.
                #expect(await daemon.errors.wait(for: "Imported: 20,000 users added, 0 tokens replaced"))
                #expect(daemon.errors.text.components(separatedBy: "Imported: ").count == 2)
            }
            #expect(imported.output == "20,000 users kept: 20,000 added, 0 with a new token; 0 rows refused\n")
            #expect(imported.errors.isEmpty)
            #expect(try await place.run("status", "--json").object["users"] as? Int == 20_000)
        }
    }

    @Test func `users with the longest tokens reach the daemon in several requests`() async throws {
        try await Workplace.with(users: 1) { place in
            try place.configure(["schedule": ["every": "30d"]])
            let daemon = try await place.startDaemon()
            let rows = (0..<700).map { "user \($0),\(String(repeating: "x", count: 4_090))\(100_000 + $0)" }
            let text = "user_id,access_token\n" + rows.joined(separator: "\n") + "\n"
            let imported = try await place.run("users", "import", "-", input: text)
            #expect(imported.output == "700 users kept: 700 added, 0 with a new token; 0 rows refused\n")
            #expect(await daemon.errors.wait(for: "Imported: 700 users added, 0 tokens replaced"))
            #expect(daemon.errors.text.components(separatedBy: "Imported: ").count == 2)
        }
    }

    @Test(arguments: [true, false])
    func `the same list again releases nobody, and says so`(isRunning: Bool) async throws {
        try await Workplace.with { place in
            try place.configure(["schedule": ["every": "30d"]])
            let list = "user_id,access_token\na,wrong-token\nb,\(place.token(0))\n"
            #expect(try await place.run("users", "import", "-", input: list).status == 0)
            let daemon = try await place.startDaemon()
            _ = try await place.run("refresh", "a")
            #expect(try await place.show("a")["state"] as? String == "parked")
            if !isRunning {
                daemon.send(SIGTERM)
                _ = await daemon.result()
            }
            let again = try await place.run("users", "import", "-", input: list)
            #expect(again.status == 0)
            #expect(again.output == "2 users kept: 0 added, 0 with a new token, 2 unchanged; 0 rows refused\n")
            #expect(try await place.show("a")["parkReason"] as? String == "unauthorized")
            let other = try await place.run("users", "import", "-", input: list.replacing("wrong", with: "other"))
            #expect(
                other.output
                    == "2 users kept: 0 added, 1 with a new token (1 of them no longer parked), 1 unchanged; 0 rows refused\n"
            )
            #expect(try await place.show("a")["state"] as? String == "scheduled")
        }
    }

    @Test func `progress is for terminals, and gives way to what is told of bad rows`() async throws {
        try await Workplace.with { place in
            try place.configure(["groups": ["gold": [:]]])
            let file = place.directory + "/users.csv"
            try Self.badRows.write(toFile: file, atomically: true, encoding: .utf8)
            let imported = try await place.start(["users", "import", file], terminal: Terminal()).result()
            #expect(imported.status == 65)
            #expect(imported.output.contains("100 %"))
            // What a terminal shows of a line is what follows the last erasure.
            let shown = imported.output.split(separator: "\r\n").map { $0.split(separator: "\r\u{1B}[K").last ?? "" }
            #expect(shown.count == 7)
            #expect(shown.dropLast().allSatisfy { $0.hasPrefix("line ") && !$0.contains("%") })
            let bars = imported.output.components(separatedBy: "\r\u{1B}[K").filter { $0.contains("%") }
            #expect(bars.last?.hasSuffix("] 100 %  2 users, 6 bad rows") == true, "\(bars)")
        }
    }

    @Test(arguments: [true, false])
    func `what is shown at last is how many there were`(isRunning: Bool) async throws {
        try await Workplace.with(users: 12_000) { place in
            try place.configure(["schedule": ["every": "30d"]])
            if isRunning { _ = try await place.startDaemon() }
            let file = place.directory + "/users.csv"
            try place.csv.write(toFile: file, atomically: true, encoding: .utf8)
            func bars(_ arguments: String...) async throws -> [String] {
                let run = try await place.start(arguments, terminal: Terminal()).result()
                #expect(run.status == 0, "\(run.output)")
                return run.output.components(separatedBy: "\r\u{1B}[K").filter { $0.contains("%  ") }
            }
            let imported = try await bars("users", "import", file)
            #expect(imported.last?.hasSuffix("] 100 %  12,000 users, 0 bad rows") == true, "\(imported)")
            #expect(!imported.contains { $0.contains(" 0 users") })
            try "user_id,access_token\n\(place.users[0].id),\(place.token(0))\n"
                .write(toFile: file, atomically: true, encoding: .utf8)
            let synced = try await bars("users", "sync", file, "--remove-at-most", "100%")
            #expect(synced.last?.hasSuffix("] 100 %  11,999 of 11,999 removed") == true, "\(synced)")
            #expect(synced.contains { $0.hasSuffix("] 100 %  1 user, 0 bad rows") }, "\(synced)")
        }
    }
}
