import RefreshCore
import Testing
import TightAPI

@Suite(.timeLimit(.minutes(1))) struct WireTests {
    @Test func `sends exactly the request that Tight documents`() async throws {
        let server = try await FaultServer(.success)
        let token = try randomToken()
        let answer = try await call(localSettings(port: server.port), token: token)
        #expect(answer == RefreshAnswer(outcome: .refreshed, httpStatus: 200))
        let bearer = token.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        #expect(
            server.log.requests == [
                "POST /rest/v5/banks/refresh HTTP/1.1\r\nAccept: application/json\r\nAccept-Encoding: identity\r\n"
                    + "User-Agent: bankrefreshd/1.2.3\r\nConnection: keep-alive\r\n"
                    + "Authorization: Bearer \(bearer)\r\nhost: localhost:\(server.port)\r\nContent-Length: 0\r\n\r\n"
            ]
        )
        try await server.close()
    }

    @Test func `uses one connection for calls that follow one another`() async throws {
        let server = try await FaultServer(.success)
        try await withClient(localSettings(port: server.port)) { client in
            for _ in 0..<3 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
            }
        }
        #expect(server.log.connections == 1)
        #expect(server.log.requests.count == 3)
        try await server.close()
    }

    @Test func `opens as many connections as it may and loses no call`() async throws {
        let server = try await FaultServer(.success)
        var settings = try localSettings(port: server.port)
        settings.maximumConnections = 4
        let outcomes = try await withClient(settings) { client in
            try await withThrowingTaskGroup(of: Outcome.self) { group in
                for _ in 0..<100 { group.addTask { await client.refresh(try randomToken()).outcome } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(outcomes == Array(repeating: .refreshed, count: 100))
        #expect(server.log.requests.count == 100)
        #expect((1...4).contains(server.log.connections))
        try await server.close()
    }

    @Test(arguments: [301, 302, 303, 307, 308])
    func `never follows a redirect`(status: Int) async throws {
        let other = try await FaultServer(.success)
        let server = try await FaultServer(
            .answer(
                status,
                "",
                headers: "Location: http://localhost:\(other.port)/\r\nContent-Type: text/html\r\n"
            )
        )
        let answer = try await call(localSettings(port: server.port))
        #expect(answer.outcome == .malformed(Malformation(.redirect, bytes: 0, contentType: "text/html")))
        #expect(answer.httpStatus == status)
        #expect(server.log.requests.count == 1)
        #expect(other.log.connections == 0)
        try await server.close()
        try await other.close()
    }

    @Test func `sends no cookie that it was given`() async throws {
        let server = try await FaultServer(
            .answer(200, #"{"result":"SUCCESS"}"#, headers: "Set-Cookie: a=b\r\n")
        )
        try await withClient(localSettings(port: server.port)) { client in
            for _ in 0..<2 { _ = await client.refresh(try randomToken()) }
        }
        #expect(server.log.requests.count == 2)
        #expect(!server.log.requests.contains { $0.lowercased().contains("cookie") })
        try await server.close()
    }

    @Test func `waits for the answer behind informational ones`() async throws {
        let server = try await FaultServer(
            .write(
                "HTTP/1.1 103 Early Hints\r\nLink: </>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
                    + "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{\"result\":\"SUCCESS\"}"
            )
        )
        let answer = try await call(localSettings(port: server.port))
        #expect(answer == RefreshAnswer(outcome: .refreshed, httpStatus: 200))
        try await server.close()
    }

    @Test func `counts a wait from the answer's own Date`() async throws {
        let server = try await FaultServer(
            .answer(
                429,
                "<html>",
                headers:
                    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nRetry-After: Sun, 06 Nov 1994 08:51:37 GMT\r\n"
            )
        )
        let answer = try await call(localSettings(port: server.port))
        #expect(answer == RefreshAnswer(outcome: .throttled(retryAfter: .seconds(120)), httpStatus: 429))
        try await server.close()
    }
}
