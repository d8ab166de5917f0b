import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import RefreshCore
import Testing
import TightSandbox

@Suite(.timeLimit(.minutes(1)))
struct ControlTests {
    @Test func `an outage with a status meets everyone and ends`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviour: .failure, forUser: user.id)
            try await sandbox.set(outage: .status(503))
            let down = try await sandbox.call(user)
            #expect(down.statusLine == "HTTP/1.1 503 Service Unavailable")
            let stranger = try await sandbox.call(nil)
            #expect(stranger.statusLine == "HTTP/1.1 503 Service Unavailable")
            try await sandbox.set(outage: nil)
            let up = try await sandbox.call(user)
            #expect(up.statusLine == "HTTP/1.1 200 OK")
            #expect(sandbox.calls.behaviours == ["outage": 1, "failure": 1])
        }
    }

    @Test func `an outage that refuses closes what was open, and comes back on the same port`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviour: .hang, forUser: user.id)
            async let hanging = sandbox.call(user)
            try await sandbox.waitForCalls(atLeast: 1)
            try await sandbox.set(outage: .refuse)
            let cut = try await hanging
            #expect(cut.text == "")
            await #expect(throws: (any Error).self) { try await sandbox.call(user) }
            try await sandbox.set(outage: nil)
            sandbox.set(behaviour: .success, forUser: user.id)
            let up = try await sandbox.call(user)
            #expect(up.statusLine == "HTTP/1.1 200 OK")
        }
    }

    @Test func `the log tells two calls at a time and the gap between two starts`() async throws {
        let configuration = try SandboxConfiguration.plain()
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            sandbox.set(behaviour: .hang, forUser: user.id)
            let first = Task { try await sandbox.call(user) }
            try await sandbox.waitForCalls(atLeast: 1, fromUser: user.id)
            sandbox.set(behaviour: .success, forUser: user.id)
            _ = try await sandbox.call(user)
            first.cancel()
            _ = await first.result
            try await sandbox.waitForEndedCalls(atLeast: 2, fromUser: user.id)
            let calls = try #require(sandbox.calls(ofUser: user.id))
            #expect(calls.maxConcurrent == 2)
            #expect(calls.leastGap == calls.calls[1].started - calls.calls[0].started)
        }
    }

    @Test func `counts stay exact when single calls are forgotten`() async throws {
        var configuration = try SandboxConfiguration.plain()
        configuration.callsKeptPerUser = 2
        let user = try #require(configuration.users.list.first)
        try await TightSandbox.running(configuration) { sandbox in
            for _ in 1...7 { _ = try await sandbox.call(user) }
            let calls = try #require(sandbox.calls(ofUser: user.id))
            #expect(calls.count == 7)
            #expect(calls.inFlight == 0)
            #expect(calls.calls.map(\.number) == [5, 6, 7])
            #expect(calls.calls.allSatisfy { $0.ended != nil })
        }
    }

    @Test func `waiting ends when its task is cancelled`() async throws {
        try await TightSandbox.running(try .plain()) { sandbox in
            let waiting = Task { try await sandbox.waitForCalls(atLeast: 1) }
            waiting.cancel()
            let result = await waiting.result
            #expect(throws: CancellationError.self) { try result.get() }
        }
    }

    @Test func `a port that is taken is an error`() async throws {
        try await TightSandbox.running(try .plain()) { sandbox in
            var configuration = try SandboxConfiguration.plain()
            configuration.port = sandbox.port
            await #expect(throws: (any Error).self) { try await TightSandbox.start(configuration) }
        }
    }

    @Test func `the admin interface does what the methods do`() async throws {
        var configuration = try SandboxConfiguration.plain(users: 2)
        configuration.adminPort = 0
        let (user, other) = (configuration.users.list[0], configuration.users.list[1])
        try await TightSandbox.running(configuration) { sandbox in
            let admin = try AdminClient(port: #require(sandbox.adminPort))
            #expect(try await admin.send(.GET, "/health") == #"200 {"status":"ok"}"#)
            #expect(
                try await admin.send(.PUT, "/behaviour/\(user.id)", #"{"script":["failure","success"]}"#)
                    == AdminClient.done
            )
            #expect(
                try await admin.send(.PUT, "/behaviour", #"{"behaviour":"forbidden"}"#) == AdminClient.done
            )
            _ = try await sandbox.call(user)
            _ = try await sandbox.call(user)
            _ = try await sandbox.call(other)
            let calls = try await admin.log("/calls")
            #expect(calls == sandbox.calls)
            #expect(calls.users[user.id.rawValue]?.calls.map(\.behaviour) == ["failure", "success"])
            #expect(calls.behaviours == ["failure": 1, "success": 1, "forbidden": 1])
            let counts = try await admin.log("/calls?times=no")
            #expect(counts.users[user.id.rawValue]?.count == 2)
            #expect(counts.users[user.id.rawValue]?.calls == [])
            #expect(try await admin.send(.PUT, "/outage", #"{"on":true,"status":502}"#) == AdminClient.done)
            let down = try await sandbox.call(user)
            #expect(down.statusLine == "HTTP/1.1 502 Bad Gateway")
            #expect(try await admin.send(.PUT, "/outage", #"{"on":true,"refuse":true}"#) == AdminClient.done)
            await #expect(throws: (any Error).self) { try await sandbox.call(user) }
            #expect(try await admin.send(.POST, "/reset") == AdminClient.done)
            let up = try await sandbox.call(user)
            #expect(up.statusLine == "HTTP/1.1 200 OK")
            #expect(sandbox.calls.total == 1)
        }
    }

    @Test(arguments: [
        ("PUT", "/behaviour", "failure", 400), ("PUT", "/behaviour", #"{"behaviour":"bogus"}"#, 400),
        ("PUT", "/behaviour/nobody", #"{"behaviour":"failure"}"#, 404), ("GET", "/calls/nobody", "", 404),
        ("PUT", "/outage", "{}", 400), ("PUT", "/outage", #"{"on":true,"status":7}"#, 400),
        ("GET", "/", "", 404),
        ("GET", "/calls/%20", "", 400),
    ])
    func `a command that cannot be is refused with a reason`(
        method: String,
        path: String,
        body: String,
        status: Int
    ) async throws {
        var configuration = try SandboxConfiguration.plain()
        configuration.adminPort = 0
        try await TightSandbox.running(configuration) { sandbox in
            let admin = try AdminClient(port: #require(sandbox.adminPort))
            let answer = try await admin.send(.init(rawValue: method), path, body)
            #expect(answer.hasPrefix("\(status) {\"error\":\""))
        }
    }
}
