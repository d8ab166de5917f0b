import NIOHTTP2
import RefreshCore
import Testing
import TightAPI

@Suite(.timeLimit(.minutes(1))) struct HTTP2Tests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func server(_ faults: HTTP2Fault, then last: HTTP2Fault = .success) async throws
        -> HTTP2FaultServer
    {
        try await HTTP2FaultServer(faults, last, tls: authority.serverTLS(protocols: ["h2"]))
    }

    private func settings(port: Int) throws -> TightClientSettings {
        var settings = try localSettings(port: port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        return settings
    }

    @Test func `speaks HTTP/2 where the server does`() async throws {
        let server = try await server(.success)
        let token = try randomToken()
        let answer = try await call(settings(port: server.port), token: token)
        #expect(answer == RefreshAnswer(outcome: .refreshed, httpStatus: 200))
        let bearer = token.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        let head = try #require(server.log.requests.first)
        #expect(server.log.requests.count == 1)
        #expect(
            Set(head.split(separator: "\n").map(String.init)) == [
                ":method: POST", ":path: /rest/v5/banks/refresh", ":scheme: https",
                ":authority: localhost:\(server.port)",
                "accept: application/json", "accept-encoding: identity", "user-agent: bankrefreshd/1.2.3",
                "authorization: Bearer \(bearer)",
                "content-length: 0", "end: true",
            ]
        )
        try await server.close()
    }

    @Test func `shares one connection among many calls`() async throws {
        let server = try await server(.success)
        let outcomes = try await withClient(settings(port: server.port)) { client in
            try await withThrowingTaskGroup(of: Outcome.self) { group in
                for _ in 0..<50 { group.addTask { await client.refresh(try randomToken()).outcome } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(outcomes == Array(repeating: .refreshed, count: 50))
        #expect(server.log.requests.count == 50)
        #expect(server.log.connections == 1)
        try await server.close()
    }

    @Test func `speaks HTTP/1.1 where it is told to`() async throws {
        let server = try await FaultServer(.success, tls: authority.serverTLS(protocols: ["http/1.1"]))
        var settings = try settings(port: server.port)
        settings.protocols = .http1
        let answer = try await call(settings)
        #expect(answer.outcome == .refreshed)
        try await server.close()
    }

    @Test(arguments: [
        (HTTP2Fault.reset(.internalError), Outcome.unknown(.connectionLost), Int?.none),
        (.reset(.cancel), .unknown(.connectionLost), nil),
        (.close, .unknown(.connectionLost), nil),
        (.resetInBody, .malformed(Malformation(.truncated, bytes: 20, contentType: nil)), 200),
        (.goAwayThenSuccess, .refreshed, 200),
    ])
    func `makes one outcome of one request`(fault: HTTP2Fault, outcome: Outcome, status: Int?) async throws {
        let server = try await server(fault)
        try await withClient(settings(port: server.port)) { client in
            let answer = await client.refresh(try randomToken())
            #expect(answer.withoutConnection == RefreshAnswer(outcome: outcome, httpStatus: status))
            #expect(server.log.requests.count == 1)
            let next = await client.refresh(try randomToken())
            #expect(next.outcome == .refreshed)
            #expect(server.log.requests.count == 2)
        }
        try await server.close()
    }
}
