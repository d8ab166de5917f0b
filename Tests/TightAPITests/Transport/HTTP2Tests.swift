import NIOHTTP2
import RefreshCore
import Testing

@testable import TightAPI

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

    @Test func `a server may take longer over its settings than an idle connection is kept`() async throws {
        let server = try await RawHTTP2Server(
            tls: authority.serverTLS(protocols: ["h2"]), settingsAfter: .milliseconds(500),
            answer: RawHTTP2Server.success(1))
        var settings = try settings(port: server.port)
        settings.connectTimeout = .seconds(5)
        settings.idleTimeout = .milliseconds(200)
        try await withClient(settings) { client in
            for _ in 0..<2 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
            }
        }
        #expect(server.log.requests.count == 2)
        try await server.close()
    }

    @Test func `a connection whose attempt was given up takes no call`() async throws {
        let server = try await HTTP2FaultServer(.success, tls: authority.serverTLS(protocols: ["h2"]))
        let relay = try await HoldingRelay(to: server.port)
        var settings = try settings(port: relay.port)
        settings.connectTimeout = .seconds(5)
        try await withClient(settings) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in relay.holding { break }
            // The server does not hear that the client gives up, and leaves the connection open.
            relay.mute(0)
            let given = await first.value
            #expect(given.outcome == .unavailable(.notConnected))
            let second = Task { await client.refresh(token) }
            for await _ in relay.holding { break }
            relay.release(0)
            // Nothing tells when the client has read what comes too late.
            try await Task.sleep(for: .milliseconds(200))
            relay.release(1)
            let answer = await second.value
            #expect(answer.outcome == .refreshed)
        }
        #expect(server.log.requests.count == 1)
        try await relay.close()
        try await server.close()
    }

    @Test func `keeps the token out of the tables of both sides`() async throws {
        let answer = RawHTTP2Server.success(1)
        let server = try await RawHTTP2Server(tls: authority.serverTLS(protocols: ["h2"]), answer: answer)
        let token = try randomToken()
        try await withClient(settings(port: server.port)) { client in
            for _ in 0..<2 { #expect(await client.refresh(token).outcome == .refreshed) }
        }
        let heads = server.log.requests
        #expect(heads.count == 2)
        // A literal that is never indexed, whose name is entry 23: RFC 7541 sections 5.1 and 6.2.3.
        for head in heads { #expect(head.contains("31, 8, ")) }
        try await server.close()
    }

    @Test func `keeps the fields of a call out of the tables of both sides`() async throws {
        let answer = RawHTTP2Server.success(1)
        let server = try await RawHTTP2Server(tls: authority.serverTLS(protocols: ["h2"]), answer: answer)
        let call = HTTPCall(path: "/v5/auth/token", headers: [("secret", String(repeating: "a", count: 80))])
        try await withClient(settings(port: server.port)) { client in
            for _ in 0..<2 { _ = await client.exchange(call) }
        }
        // 80 times five bits in Huffman's code; a field of the table is a number of a byte or two.
        let sizes = server.log.requests.map { $0.count { $0 == "," } }
        #expect(sizes.count == 2)
        #expect(sizes.allSatisfy { $0 > 50 })
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
