import Foundation
import Testing

/// With `--json` whatever a command says is JSON: its answer, what it refuses and what it remarks.
@Suite(.timeLimit(.minutes(1)))
struct JSONErrorsTests {
    /// Each line of stderr is an object, and stdout holds one document or nothing.
    private func expectJSON(_ run: Workplace.Result, _ status: Int32, _ arguments: [String]) -> [[String: Any]] {
        #expect(run.status == status, "\(arguments): \(run.errors)")
        let isDocument = (try? JSONSerialization.jsonObject(with: Data(run.output.utf8))) != nil
        #expect(run.output.isEmpty || isDocument, "\(arguments): \(run.output)")
        return run.errors.split(separator: "\n").compactMap { line in
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            let isKnown = object?["error"] is [String: Any] || object?["note"] is String
            #expect(isKnown, "\(arguments): \(line)")
            return object
        }
    }

    private func errors(_ objects: [[String: Any]]) -> [String] {
        objects.compactMap { ($0["error"] as? [String: Any])?["message"] as? String }
    }

    @Test(
        arguments: [
            (["users", "remove", "nobody", "user-000001"], 65, ["there is no user nobody"]),
            (["users", "group", "gold", "nobody", "user-000001"], 65, ["there is no user nobody"]),
            (["users", "resume", "nobody", "user-000001"], 65, ["there is no user nobody"]),
            (
                ["users", "remove", "--file", "ids"], 65,
                ["line 2: the user id", "line 3: this last line of the file has no newline"]
            ),
            (
                ["users", "group", "none", "--file", "ids"], 65,
                ["line 2: the user id", "line 3: this last line of the file has no newline"]
            ),
            (["users", "resume", "--reason", "refused"], 0, []), (["key", "prune"], 0, []),
            (["key", "replace", "--lost"], 0, []), (["users", "import", "ids"], 65, ["ids: the first line"]),
            (["refresh", "--group", "gold", "--no-wait"], 65, ["no user belongs to the group gold"]),
        ] as [([String], Int32, [String])])
    func `what is refused of some, and what is said besides`(
        arguments: [String], status: Int32, messages: [String]
    ) async throws {
        try await Workplace.with { place in
            try await place.importAll()
            try "user-000002\nb\u{1}\nuser-0000".write(
                toFile: place.directory + "/ids", atomically: true, encoding: .utf8)
            let run = try await place.start(arguments + ["--json"]).result()
            let told = errors(expectJSON(run, status, arguments))
            #expect(told.count == messages.count, "\(told)")
            for (told, message) in zip(told, messages) { #expect(told.hasPrefix(message), "\(told)") }
        }
    }

    @Test func `a key that goes and one that is lost`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            #expect(try await place.run("key", "rotate").status == 0)
            let pruned = try await place.run("key", "prune", "--json")
            _ = expectJSON(pruned, 0, ["key", "prune"])
            #expect((pruned.object["removed"] as? [String])?.count == 1)
            try FileManager.default.removeItem(atPath: place.key)
            #expect(try await place.run("key", "generate", place.key).status == 0)
            let lost = try await place.run("key", "replace", "--lost", "--json")
            let told = expectJSON(lost, 64, ["key", "replace"])
            #expect(lost.output.isEmpty)
            #expect((told.first?["note"] as? String)?.hasPrefix("3 tokens sealed with ") == true)
            #expect(errors(told) == ["nothing was changed"])
            let refused = try await place.run("key", "prune", "--json")
            #expect(errors(expectJSON(refused, 78, ["key", "prune"])).first?.contains("does not fit") == true)
            // In words to who asked for words.
            let inWords = try await place.run("key", "prune")
            #expect(inWords.status == 78)
            #expect(inWords.errors.hasPrefix("bankrefreshd: the key does not fit the store"), "\(inWords.errors)")
        }
    }

    @Test func `a file with mistakes beside a daemon that runs`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            try place.configure(["schedule": ["every": "30d"]])
            _ = try await place.startDaemon()
            try place.configure(["schedule": ["every": "x"]])
            let status = try await place.run("status", "--json")
            let told = expectJSON(status, 0, ["status"])
            #expect((told.first?["note"] as? String)?.contains("has mistakes") == true)
        }
    }
}
