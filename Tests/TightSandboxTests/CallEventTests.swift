import Foundation
import RefreshCore
import Synchronization
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct CallEventTests {
    @Test(arguments: [
        (Behaviour.success, CallEvent.Kind.answered, 200 as Int?), (.status(502, .html), .answered, 502),
        (.closeWithoutAnswer, .cutOff, nil),
    ])
    func `a call is told of when it is read and as it ends`(
        behaviour: Behaviour, end: CallEvent.Kind, status: Int?
    ) async throws {
        let told = Mutex<[CallEvent]>([])
        var configuration = try SandboxConfiguration.plain()
        configuration.observer = { event in told.withLock { $0.append(event) } }
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviour: behaviour, forUser: user.id)
            _ = try await sandbox.call(user)
            // Nobody's call is no call.
            _ = try await sandbox.call(nil)
        }
        let events = told.withLock { $0 }
        #expect(events.map(\.event) == [.read, end])
        #expect(events.map(\.status) == [nil, status])
        #expect(events.allSatisfy { $0.user == user.id.rawValue && $0.call == 1 })
    }

    @Test func `what a caller was answered is in the file of a program that is killed, and the next goes on behind it`()
        async throws
    {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tight-sandbox-\(UUID())")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        let log = directory.appending(path: "calls.jsonl").path()
        let user = try #require(try SandboxUsers.generate(count: 1, seed: "killed").list.first)
        let request = [
            "POST /rest/v5/banks/refresh HTTP/1.1", "Host: localhost", "Authorization: Bearer \(user.tokenText)", "",
            "",
        ].joined(separator: "\r\n")
        for _ in 1...2 {
            let run = try ProgramRun([
                "--users", "1", "--token-seed", "killed", "--plain", "--port", "0", "--call-log", log,
            ])
            let line = try #require(await run.firstLine())
            let port = try #require(line.firstMatch(of: /127\.0\.0\.1:(\d+)/).flatMap { Int($0.1) })
            let exchange = try await RawExchange(request, port: port, enough: 15)
            #expect(exchange.statusLine == "HTTP/1.1 200 OK")
            await run.kill()
        }
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(!text.contains(user.tokenText))
        let lines = text.split(separator: "\n").map { Data($0.utf8) }
        let events = try lines.map { try JSONDecoder().decode(CallEvent.self, from: $0) }
        #expect(events.map(\.event) == [.read, .answered, .read, .answered])
        #expect(events.allSatisfy { $0.user == user.id.rawValue && $0.call == 1 })
        let processes = try lines.map { try JSONDecoder().decode(Line.self, from: $0).process }
        #expect(processes[0] == processes[1] && processes[2] == processes[3] && processes[1] != processes[2])
    }

    @Test func `a file that cannot be written ends the program`() async throws {
        let run = try ProgramRun(["--users", "1", "--plain", "--port", "0", "--call-log", "/nowhere/calls.jsonl"])
        #expect(await run.firstLine() == nil)
        #expect(await run.exitStatus() == 1)
    }

    private struct Line: Decodable {
        let process: Int
    }
}
