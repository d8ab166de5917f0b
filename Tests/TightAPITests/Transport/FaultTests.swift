import RefreshCore
import Testing
import TightAPI

@Suite(.timeLimit(.minutes(1))) struct FaultTests {
    private static let half =
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n{\"result\":"
    private static let chunk =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n14\r\n{\"result\":\"SUCCESS\"}\r\n"

    @Test(arguments: [
        (Fault.writeAndClose(""), Outcome.unknown(.connectionLost), Int?.none),
        (.writeAndReset(""), .unknown(.connectionLost), nil),
        (.writeAndClose("HTTP/1.1 200 O"), .unknown(.connectionLost), nil),
        (.writeAndClose("HTTP/1.1 200 OK\r\nContent-Type: appl"), .unknown(.connectionLost), nil),
        (
            .write("SSH-2.0-OpenSSH_9.2\r\n\r\n"),
            .malformed(Malformation(.notHTTP, bytes: 0, contentType: nil)), nil
        ),
        (
            .write("HTTP/1.1 200 OK\r\nA: \(String(repeating: "a", count: 100_000))\r\n\r\n"),
            .malformed(Malformation(.tooLarge, bytes: 0, contentType: nil)), nil
        ),
        (
            .writeAndClose(half),
            .malformed(Malformation(.truncated, bytes: 20, contentType: "application/json")), 200
        ),
        (
            .writeAndReset(half),
            .malformed(Malformation(.truncated, bytes: 20, contentType: "application/json")), 200
        ),
        (.writeAndClose(chunk), .malformed(Malformation(.truncated, bytes: 20, contentType: nil)), 200),
        (.write(chunk + "0\r\n\r\n"), .refreshed, 200),
        (.writeAndClose("HTTP/1.1 200 OK\r\n\r\n{\"result\":\"SUCCESS\"}"), .refreshed, 200),
        (
            .writeAndClose("HTTP/1.1 200 OK\r\n\r\n{\"result\":\"SUCC"),
            .malformed(Malformation(.notJSON, bytes: 15, contentType: nil)), 200
        ),
        (.compressed(Compressed.gzip(#"{"result":"SUCCESS"}"#), as: "gzip"), .refreshed, 200),
        (
            .compressed(Array("what?".utf8), as: "br"),
            .malformed(Malformation(.unknownCoding, bytes: 5, contentType: "application/json as br")), 200
        ),
        (.writeAndClose("HTTP/1.1 503 No\r\nContent-Length: 9\r\n\r\n<ht"), .unavailable(.status(503)), 503),
        (.answer(204, "", headers: ""), .malformed(Malformation(.noResult, bytes: 0, contentType: nil)), 204),
    ])
    func `makes one outcome of one request`(fault: Fault, outcome: Outcome, status: Int?) async throws {
        let server = try await FaultServer(fault)
        let answer = try await call(localSettings(port: server.port))
        #expect(answer.withoutConnection == RefreshAnswer(outcome: outcome, httpStatus: status))
        #expect(server.log.requests.count == 1)
        try await server.close()
    }

    @Test(arguments: [
        "HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n186A0\r\n\(String(repeating: "a", count: 100_000))\r\n",
    ])
    func `reads 64 KiB at most and drops the connection`(text: String) async throws {
        let server = try await FaultServer(.write(text), .success)
        try await withClient(localSettings(port: server.port)) { client in
            let first = await client.refresh(try randomToken())
            guard case .malformed(let malformation) = first.outcome else {
                Issue.record("\(first)")
                return
            }
            #expect(malformation.reason == .tooLarge)
            #expect((65_537...100_000).contains(malformation.bytes))
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .refreshed)
        }
        #expect(server.log.connections == 2)
        #expect(server.log.requests.count == 2)
        try await server.close()
    }

    @Test func `accepts a body of exactly 64 KiB`() async throws {
        let padding = String(repeating: " ", count: 65_536 - 20)
        let server = try await FaultServer(.answer(200, #"{"result":"SUCCESS"}"# + padding))
        let answer = try await call(localSettings(port: server.port))
        #expect(answer.outcome == .refreshed)
        try await server.close()
    }

    @Test func `does not know what came of a request that is not answered in time`() async throws {
        let server = try await FaultServer(.silence)
        var settings = try localSettings(port: server.port)
        settings.timeout = .milliseconds(300)
        let answer = try await call(settings)
        #expect(answer == RefreshAnswer(outcome: .unknown(.timeout), httpStatus: nil))
        #expect(server.log.requests.count == 1)
        try await server.close()
    }

    @Test(arguments: ["http/1.1", "h2", nil])
    func `takes back from the network what it gave up, and ends other connections in order`(
        protocolName: String?
    ) async throws {
        let authority = try TestAuthority()
        for isAnswered in [false, true] {
            let (log, port, close): (ServerLog, Int, () async throws -> Void)
            if protocolName == "h2" {
                let tls = try authority.serverTLS(protocols: ["h2"])
                let server = try await HTTP2FaultServer(isAnswered ? .success : .silence, tls: tls)
                (log, port, close) = (server.log, server.port, server.close)
            } else {
                let tls = try protocolName.map { try authority.serverTLS(protocols: [$0]) }
                let server = try await FaultServer(
                    isAnswered ? .answer(200, #"{"result":"SUCCESS"}"#) : .silence, tls: tls)
                (log, port, close) = (server.log, server.port, server.close)
            }
            var settings = try localSettings(port: port, scheme: protocolName == nil ? "http" : "https")
            if protocolName != nil { settings.caFile = try authority.writeCAFile() }
            settings.timeout = isAnswered ? .seconds(20) : .milliseconds(300)
            let answer = try await call(settings)
            #expect(answer.outcome == (isAnswered ? .refreshed : .unknown(.timeout)))
            for await _ in log.ends { break }
            // A FIN would follow the request, minutes later, if the network were cut.
            #expect(log.brokenOff == (isAnswered ? 0 : 1))
            try await close()
        }
    }

    @Test func `counts the body into the time allowed`() async throws {
        let server = try await FaultServer(.write(Self.half))
        var settings = try localSettings(port: server.port)
        settings.timeout = .milliseconds(300)
        let answer = try await call(settings)
        #expect(answer == RefreshAnswer(outcome: .unknown(.timeout), httpStatus: 200))
        try await server.close()
    }

    @Test func `is sure that nothing was started while it waits for a connection`() async throws {
        let server = try await FaultServer(.silence)
        var settings = try localSettings(port: server.port)
        settings.maximumConnections = 1
        settings.connectTimeout = .milliseconds(300)
        let (first, second) = try await withClient(settings) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in server.log.arrivals { break }
            let second = await client.refresh(try randomToken())
            first.cancel()
            return (await first.value, second)
        }
        #expect(first.outcome == .unknown(.givenUp))
        #expect(second.outcome == .unavailable(.notConnected))
        #expect(server.log.requests.count == 1)
        try await server.close()
    }

    @Test func `uses a new connection when the server closed the kept one`() async throws {
        let server = try await FaultServer(
            .writeAndClose("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"result\":\"SUCCESS\"}")
        )
        try await withClient(localSettings(port: server.port)) { client in
            for _ in 0..<60 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
            }
        }
        #expect(server.log.requests.count == 60)
        #expect(server.log.connections == 60)
        try await server.close()
    }

    @Test(arguments: [Fault.writeAndClose(""), .writeAndReset("")])
    func `never sends again when a kept connection ends under a request`(fault: Fault) async throws {
        let server = try await FaultServer(.success, fault, .success)
        try await withClient(localSettings(port: server.port)) { client in
            let first = await client.refresh(try randomToken())
            #expect(first.outcome == .refreshed)
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .unknown(.connectionLost))
            #expect(server.log.requests.count == 2)
            let third = await client.refresh(try randomToken())
            #expect(third.outcome == .refreshed)
        }
        #expect(server.log.requests.count == 3)
        try await server.close()
    }
}
