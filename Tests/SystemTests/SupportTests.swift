import Foundation
import RefreshCore
import Testing
import TightSandbox

extension InstalledDaemon {
    @Suite struct SupportTests {
        /// The texts of the files in an archive, by name.
        private func files(of archive: String) async throws -> [String: String] {
            let directory = FileManager.default.temporaryDirectory.appending(path: "bundle-\(UUID())").path()
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(atPath: directory) }
            try await Tool.run("tar", "-x", "-f", archive, "-C", directory, "--strip-components=1").succeeded()
            var files: [String: String] = [:]
            for name in try FileManager.default.contentsOfDirectory(atPath: directory) {
                files[name] = try String(contentsOfFile: "\(directory)/\(name)", encoding: .utf8)
            }
            return files
        }

        @Test func `a bundle has the journal's warnings, and no user and no token unless asked`() async throws {
            let path = "/root/bundle-\(UUID())"
            defer {
                for end in [".tar", "-named.tar", "-down.tar"] {
                    try? FileManager.default.removeItem(atPath: path + end)
                }
            }
            let stranger = "Anna  O'Brien-Müller, \"Köln\""
            try await Deployment.running(starts: false) { deployment in
                // Tight refuses one of them, and whoever has a token that expires is listed in the text of an entry.
                let unknown = "unknown-\(UUID())"
                try await Tool.run("bankrefreshd", "users", "add", stranger, input: unknown).succeeded()
                let soon = Date(timeIntervalSinceNow: 86_400).formatted(.iso8601)
                try await Tool.run(
                    "bankrefreshd", "users", "add", deployment.users[0].rawValue, "--expires-at", soon,
                    input: deployment.tokens[0]
                ).succeeded()
                try await Unit.start().succeeded()
                try await deployment.journal.wait(for: 1, "REFRESH_USER_ID=\(stranger)", "PRIORITY=4")
                try await Tool.run("bankrefreshd", "pause", "--reason", "\(deployment.users[1]) asked").succeeded()
                #expect(try await Unit.isShown("Paused by the operator ("))
                try await Tool.run("journalctl", "--sync").succeeded()

                try await Tool.run("bankrefreshd", "support", "bundle", path + ".tar").succeeded()
                try await Tool.run("bankrefreshd", "support", "bundle", "--with-users", path + "-named.tar").succeeded()
                try await Unit.stop().succeeded()
                try await Tool.run("bankrefreshd", "support", "bundle", path + "-down.tar").succeeded()

                let secrets = deployment.tokens + [unknown]
                let ids = deployment.users.map(\.rawValue) + [stranger, "Anna", "Brien", "Köln"]
                for end in [".tar", "-down.tar"] {
                    let files = try await files(of: path + end)
                    let all = files.values.joined(separator: "\n")
                    for text in ids + secrets { #expect(!all.contains(text), "\(end): \(text)") }
                    let journal = try #require(files["journal.ndjson"])
                    let entries = journal.split(separator: "\n").compactMap {
                        try? JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
                    }
                    #expect(entries.count == journal.split(separator: "\n").count)
                    let parked = try #require(
                        entries.last { ($0["MESSAGE"] as? String)?.contains(" is parked: ") ?? false })
                    let name = try #require(parked["REFRESH_USER_ID"] as? String)
                    #expect(name.wholeMatch(of: /<user \d+>/) != nil)
                    #expect((parked["MESSAGE"] as? String)?.hasPrefix("User \(name) is parked: its token is") == true)
                    #expect(parked["_HOSTNAME"] == nil)
                    let state = end == ".tar" ? "active" : "inactive"
                    #expect(files["unit.txt"]?.contains("ActiveState=\(state)\n") == true)
                    #expect(files["unit.txt"]?.contains("Environment") == false)
                    let isPausedInUnit = files["unit.txt"]?.contains(/Paused by the operator \(<user \d+> asked\)/)
                    #expect(isPausedInUnit == (end == ".tar"))
                    #expect(files["versions.txt"]?.contains("systemd: systemd 25") == true)
                    #expect(files["status.json"]?.contains("asked") == true)
                }
                let named = try await self.files(of: path + "-named.tar")
                #expect(named["journal.ndjson"]?.contains("User Anna O'Brien-Müller, \\\"Köln\\\" is parked") == true)
                for token in secrets { #expect(!named.values.joined().contains(token)) }
            }
        }
    }
}
