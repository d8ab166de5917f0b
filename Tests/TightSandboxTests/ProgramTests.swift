import Foundation
import NIOHTTP1
import Testing

/// The program itself, as tests of the daemon and the demonstration run it.
@Suite(.timeLimit(.minutes(1)))
struct ProgramTests {
    @Test func `it says where it listens, keeps its files apart, and ends on SIGTERM`() async throws {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tight-sandbox-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let (users, authority) = (
            directory.appending(path: "users.csv").path(), directory.appending(path: "ca.pem").path()
        )
        let run = try ProgramRun([
            "--users", "3", "--users-file", users, "--ca-file", authority, "--port", "0", "--admin-port", "0",
        ])
        let line = try #require(await run.firstLine())
        let match = try #require(
            line.wholeMatch(
                of:
                    /tight-sandbox: listening on https:\/\/127\.0\.0\.1:\d+\/rest, CA in (.+), commands on http:\/\/127\.0\.0\.1:(\d+)/
            )
        )
        #expect(String(match.1) == authority)
        let admin = AdminClient(port: try #require(Int(match.2)))
        #expect(try await admin.send(.GET, "/health") == #"200 {"status":"ok"}"#)
        #expect(
            try String(contentsOfFile: authority, encoding: .utf8).hasPrefix("-----BEGIN CERTIFICATE-----")
        )
        #expect(try String(contentsOfFile: users, encoding: .utf8).split(separator: "\n").count == 4)
        #expect(await run.end() == 0)
    }

    @Test(arguments: [
        [], ["--users", "0"], ["--users", "1", "--users-from", "x"],
        ["--users", "1", "--share", "failure=2"],
        ["--users", "1", "--token-lifetime", "0s"], ["--users", "1", "--rotation", "never"],
        ["--users", "1", "--token-share", "bogus=0.1"], ["--users", "1", "--token-behaviour", "x"],
        ["--users", "1", "--latency", "50"], ["--users", "1", "--behaviour", "user-000001=bogus"],
        ["--users", "1", "--port", "0", "--behaviour", "nobody=hang"],
    ])
    func `options that cannot be end it with a usage error`(options: [String]) async throws {
        let run = try ProgramRun(options)
        #expect(await run.firstLine() == nil)
        #expect(await run.exitStatus() == 64)
    }
}
