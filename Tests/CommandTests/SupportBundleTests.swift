import Foundation
import Glibc
import RefreshCore
import Testing
import TightSandbox

/// `support bundle`: what is in the archive, and what is not.
@Suite(.timeLimit(.minutes(1)))
struct SupportBundleTests {
    /// The files of an archive by their names, as tar(1) unpacks them.
    private func unpacked(_ archive: String, in place: Workplace) async throws -> [String: String] {
        let directory = "\(place.directory)/unpacked-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
        let tar = try await place.start(
            "/bin/tar", ["-x", "-v", "-f", archive, "-C", directory, "--strip-components=1"], environment: [:]
        ).result()
        try #require(tar.status == 0, "\(tar.errors)")
        #expect(tar.errors.isEmpty)
        var files: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
            files[name] = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
        }
        return files
    }

    private func object(_ text: String?) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data((text ?? "").utf8)) as? [String: Any])
    }

    /// With the names of three users in the reason of a pause, which is all that may name one here; one of them where no
    /// space is around words.
    private static let reason = "(user-000002 asked, as did Jürgen \"J\", 山田 太郎が)"

    @Test(arguments: [true, false])
    func `a bundle holds what support needs, and neither a token nor a user`(isRunning: Bool) async throws {
        try await Workplace.with { place in
            try place.configure(["groups": ["trial": ["every": "7d"]]])
            try await place.importAll()
            #expect(try await place.run("users", "add", "Jürgen \"J\"", input: place.token(0) + "x").status == 0)
            #expect(try await place.run("users", "add", "山田 太郎", input: place.token(0) + "y").status == 0)
            let daemon = isRunning ? try await place.startDaemon() : nil
            #expect(try await place.run("pause", "--reason", Self.reason).status == 0)

            let path = place.directory + "/bundle.tar"
            let made = try await place.run("support", "bundle", path)
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.output.hasPrefix("\(path): "))
            #expect(made.output.hasSuffix("users are numbered, not named; look through it before you send it\n"))
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o600 && status.st_uid == geteuid())

            let files = try await unpacked(path, in: place)
            let told = try object(files["status.json"])
            #expect(told["users"] as? Int == 5)
            #expect(told["phase"] as? String == (isRunning ? "running" : "down"))
            let reason = try #require(told["fleetPauseReason"] as? String)
            #expect(reason.wholeMatch(of: /\(<user \d> asked, as did <user \d>, <user \d>が\)/) != nil, "\(reason)")
            let configuration = try object(files["configuration.json"])
            let sources = try #require(configuration["sources"] as? [String: [String: Any]])
            #expect(sources["groups.trial.every"]?["from"] as? String == "group")
            let store = try object(files["store.json"])
            #expect(store["path"] as? String == place.store)
            let list = try #require(store["files"] as? [[String: Any]])
            #expect(list.contains { $0["path"] as? String == place.store && $0["mode"] as? String == "0600" })
            #expect((store["head"] as? [String: Any])?["isStore"] as? Bool == true)
            #expect(try object(files["check-config.json"])["problems"] is [Any])
            let versions = try #require(files["versions.txt"])
            #expect(versions.contains(/bankrefreshd: \d+\.\d+\.\d+\n/) && versions.contains(/SQLite: 3\.\d+/))
            #expect(versions.contains("kernel: Linux "))
            if isRunning { #expect(try object(files["health.json"])["isReady"] as? Bool == true) }
            let introduction = try #require(files["README.txt"])
            #expect(introduction.contains("health.json: no daemon") != isRunning)

            let bytes = try Data(contentsOf: URL(filePath: path))
            let key = try String(contentsOfFile: place.key, encoding: .utf8)
            let secrets = (0..<3).map(place.token) + [key.trimmingCharacters(in: .whitespacesAndNewlines)]
            #expect(Disguise.found(secrets, in: bytes) == [])
            for user in place.users.map(\.id.rawValue) + ["Jürgen"] {
                #expect(bytes.range(of: Data(user.utf8)) == nil, "\(user)")
            }
            if let daemon {
                daemon.send(SIGTERM)
                #expect(await daemon.ended() == 0)
            }
        }
    }

    @Test func `users are named where that is asked for, and the archive may go into a pipe`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            #expect(try await place.run("pause", "--reason", Self.reason).status == 0)
            let made = try await place.start(
                "/bin/sh",
                ["-c", "\"$0\" support bundle --json --with-users - > piped.tar", try Program.bankrefreshd.path()],
                environment: ["BANKREFRESHD_CONFIG": place.config]
            ).result()
            #expect(made.status == 0)
            let summary = try object(made.errors)
            #expect((summary["files"] as? [String])?.first == "README.txt" && summary["path"] == nil)
            let files = try await unpacked(place.directory + "/piped.tar", in: place)
            #expect(try object(files["status.json"])["fleetPauseReason"] as? String == Self.reason)
            #expect(Set(files.keys) == Set(try #require(summary["files"] as? [String])))
        }
    }

    @Test func `a file with mistakes and a store that does not open leave a bundle that says so`() async throws {
        try await Workplace.with { place in
            try await place.importAll()
            try place.configure(["schedule": ["every": "12"]])
            let path = place.directory + "/mistakes.tar"
            let made = try await place.run("support", "bundle", path, "--json")
            #expect(made.status == 0, "\(made.errors)")
            #expect(made.object["path"] as? String == path)
            let missing = try #require(made.object["notCollected"] as? [String])
            #expect(missing.contains { $0.hasPrefix("configuration.json, store.json: ") })
            let files = try await unpacked(path, in: place)
            #expect(files["check-config.txt"]?.contains("schedule.every is \"12\"") == true)
            #expect(files["README.txt"]?.contains("status.json: ") == true)

            try place.configure()
            try FileManager.default.removeItem(atPath: place.key)
            let other = try await place.run("support", "bundle", place.directory + "/key.tar", "--json")
            #expect(other.status == 0, "\(other.errors)")
            let without = try #require(other.object["notCollected"] as? [String])
            #expect(without.contains { $0.hasPrefix("status.json: store.key: there is no file") })
        }
    }

    @Test func `no file is overwritten, and none is left where the bundle is not made`() async throws {
        try await Workplace.with { place in
            let path = place.directory + "/there.tar"
            try "mine".write(toFile: path, atomically: true, encoding: .utf8)
            let refused = try await place.run("support", "bundle", path, "--json")
            #expect(refused.status == 64)
            #expect(refused.errors.contains("already exists"))
            #expect(try String(contentsOfFile: path, encoding: .utf8) == "mine")
            let nowhere = try await place.run("support", "bundle", "/none/bundle.tar")
            #expect(nowhere.status == 64 && nowhere.errors.contains("there is no directory /none/"))
            let terminal = try Terminal()
            let shown = try await place.start(["support", "bundle", "-"], terminal: terminal).result()
            #expect(shown.status == 64 && shown.output.contains("the archive would be shown on the terminal"))
            // Without a name it is one of its own, in the directory that the command is run in.
            #expect(try await place.run("support", "bundle").status == 0)
            let made = try FileManager.default.contentsOfDirectory(atPath: place.directory)
            #expect(made.contains { $0.wholeMatch(of: /bankrefreshd-support-\d{8}T\d{6}Z\.tar/) != nil })
        }
    }
}
