import Foundation
import Glibc
import Testing
import TightSandbox

/// The first quarter of an hour of somebody who tries it out, with the two programs alone.
@Suite(.timeLimit(.minutes(1)))
struct SandboxProgramTests {
    @Test func `the two programs together refresh whom a file names`() async throws {
        try await Workplace.with { place in
            let sandbox = try place.start(
                Program.tightSandbox.path(),
                ["--users", "5", "--users-file", "users.csv", "--ca-file", "other-ca.pem", "--port", "0"],
                environment: [:])
            #expect(await sandbox.output.wait(for: "other-ca.pem"))
            let address = try #require(sandbox.output.text.firstMatch(of: /https:\S+\/rest/))
            try place.configure([
                "api": ["baseURL": String(address.output), "caFile": place.directory + "/other-ca.pem"],
                "schedule": ["every": "2s", "minimumInterval": "1s", "attemptsPerDay": 100_000],
            ])
            #expect(try await place.run("check-config").status == 0)
            #expect(try await place.run("users", "import", "users.csv").status == 0)
            let daemon = try await place.startDaemon()
            for number in 1...5 { #expect(await daemon.errors.wait(for: "User user-00000\(number): refreshed in ")) }
            daemon.send(SIGINT)
            #expect(await daemon.result().status == 0)
            sandbox.send(SIGTERM)
            #expect(await sandbox.result().status == 0)
        }
    }
}
