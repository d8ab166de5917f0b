import ControlPlane
import RefreshCore
import RefreshDaemon
import Testing

@Suite(.timeLimit(.minutes(1))) struct ServerLimitTests {
    private let daemon = RecordingDaemon()

    @Test func `a body that is announced too large is refused before it is read`() async throws {
        let answer = try await withServer(daemon) { path in
            let socket = try RawSocket(connectedTo: path)
            try await socket.send(
                "POST /v1/put-users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(1 << 20 + 1)\r\n\r\n"
            )
            return await socket.readToEnd()
        }
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
        #expect(answer.contains(#""code":"tooLarge","message":"the body is larger than 1048576 bytes"#))
    }

    @Test func `a body that turns out too large is refused`() async throws {
        let answer = try await withServer(daemon) { path in
            let socket = try RawSocket(connectedTo: path)
            try await socket.send(
                "POST /v1/put-users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            for _ in 0..<17 {
                try await socket.send("10000\r\n\(String(repeating: " ", count: 65_536))\r\n")
            }
            return await socket.readToEnd()
        }
        #expect(answer.hasPrefix("HTTP/1.1 413 "))
    }

    @Test func `a body of just the size allowed is read`() async throws {
        let body = String(repeating: " ", count: 1 << 20 - 12) + #"{"users":[]}"#
        let answer = try await withServer(daemon) { path in
            let socket = try RawSocket(connectedTo: path)
            try await socket.send(
                "POST /v1/put-users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)"
            )
            return await socket.readToEnd()
        }
        #expect(body.utf8.count == 1 << 20)
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
    }

    @Test(arguments: [
        "\u{0}\u{1}\u{2}garbage\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "POST /v1/status HTTP/1.1\r\nX: \(String(repeating: "x", count: 20_000))\r\n\r\n",
        "POST /v1/status HTTP/1.1\r\n\((0..<100).map { "X\($0): y\r\n" }.joined())\r\n",
    ]) func `garbage is refused and hurts nobody else`(bytes: String) async throws {
        try await withServer(daemon) { path in
            let socket = try RawSocket(connectedTo: path)
            try await socket.send(bytes)
            let answer = await socket.readToEnd()
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 "), "\(answer)")
            #expect(daemon.asked.isEmpty)
            #expect(try await ControlClient(socketPath: path).perform(ReadStatus()) == Sample.status())
        }
    }

    @Test(arguments: [
        "", "POST /v1/sta", "POST /v1/status HTTP/1.1\r\nHost: x\r\n",
        "POST /v1/put-users HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n{",
    ])
    func `a client that stalls is let go`(beginning: String) async throws {
        var limits = ControlLimits()
        limits.readTimeout = .milliseconds(200)
        let answer = try await withServer(daemon, limits: limits) { path in
            let socket = try RawSocket(connectedTo: path)
            try await socket.send(beginning)
            return await socket.readToEnd()
        }
        #expect(answer.isEmpty)
        #expect(daemon.asked.isEmpty)
    }

    @Test func `a client that takes too long for its request is told and let go`() async throws {
        var limits = ControlLimits()
        limits.readTimeout = .milliseconds(400)
        let answer = try await withServer(daemon, limits: limits) { path in
            let socket = try RawSocket(connectedTo: path)
            try await socket.send(
                "POST /v1/put-users HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 100000\r\n\r\n"
            )
            // A byte now and then, so that the connection is never idle.
            let dripping = Task {
                while true {
                    try await socket.send(" ")
                    try await ContinuousClock().sleep(for: .milliseconds(20))
                }
            }
            defer { dripping.cancel() }
            return await socket.readToEnd()
        }
        #expect(answer.hasPrefix("HTTP/1.1 408 "))
        #expect(
            answer.contains(#""code":"timeout","message":"the request took longer than 400 ms to arrive""#)
        )
        #expect(daemon.asked.isEmpty)
    }

    @Test func `many clients at once are all answered`() async throws {
        var limits = ControlLimits()
        limits.connections = 8
        let reports = try await withServer(daemon, limits: limits) { path in
            try await withThrowingTaskGroup(of: StatusReport.self) { group in
                for _ in 0..<150 {
                    group.addTask { try await ControlClient(socketPath: path).perform(ReadStatus()) }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(reports == Array(repeating: Sample.status(), count: 150))
        #expect(daemon.asked.count == 150)
    }
}
