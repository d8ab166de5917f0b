import NIOHTTP2
import RefreshCore
import Testing

@testable import TightAPI

@Suite(.timeLimit(.minutes(1))) struct HTTP2StreamTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func settings(_ server: HTTP2FaultServer) throws -> TightClientSettings {
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        return settings
    }

    private func refresh(_ client: TightClient, times: Int) async throws -> [Outcome] {
        try await withThrowingTaskGroup(of: Outcome.self) { group in
            for _ in 0..<times { group.addTask { await client.refresh(try randomToken()).outcome } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    @Test func `has 2,000 calls in flight at a server that takes 128 at once`() async throws {
        let gate = Gate(2_000)
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.successBehindGate, streams: 128, gate: gate, tls: tls)
        let outcomes = try await withClient(settings(server)) { try await refresh($0, times: 2_000) }
        #expect(outcomes == Array(repeating: .refreshed, count: 2_000))
        #expect(server.log.requests.count == 2_000)
        #expect(server.log.connections == 16)
        #expect(server.log.mostAtOnce == 128)
        try await server.close()
    }

    @Test func `opens no stream that the server has come to forbid`() async throws {
        let gate = Gate(4)
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(
            .allow(streams: 1),
            .allow(streams: 1),
            .success,
            streams: 8,
            tls: tls
        )
        let crowded = try await HTTP2FaultServer(.allow(streams: 2), .successBehindGate, gate: gate, tls: tls)
        try await withClient(settings(server)) { client in
            for _ in 0..<2 { _ = await client.refresh(try randomToken()) }
            let outcomes = try await refresh(client, times: 20)
            #expect(outcomes == Array(repeating: .refreshed, count: 20))
        }
        try await withClient(settings(crowded)) { client in
            _ = await client.refresh(try randomToken())
            // Two go where only two may; a second connection takes the others.
            let outcomes = try await refresh(client, times: 4)
            #expect(outcomes == Array(repeating: .refreshed, count: 4))
        }
        #expect(crowded.log.connections == 2)
        #expect(crowded.log.mostAtOnce == 2)
        try await server.close()
        try await crowded.close()
    }

    @Test func `starts nothing at a server that takes no streams`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.success, streams: 0, tls: tls)
        var settings = try settings(server)
        settings.connectTimeout = .milliseconds(500)
        let outcomes = try await withClient(settings) { try await refresh($0, times: 3) }
        #expect(outcomes == Array(repeating: .unavailable(.notConnected), count: 3))
        #expect(server.log.requests.isEmpty)
        #expect(server.log.connections == 1)
        try await server.close()
    }

    @Test func `has the next call begin when a stream before it breaks the rules`() async throws {
        // A head without a status.
        let answer = RawHTTP2Server.frame(1, flags: 5, stream: 1, [])
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await RawHTTP2Server(tls: tls, streams: 1, answer: answer)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        settings.maximumConnections = 1
        let outcomes = try await withClient(settings) { try await refresh($0, times: 3) }
        #expect(outcomes.count { $0 == .refreshed } == 2)
        #expect(outcomes.count { $0.kind == .malformed } == 1)
        #expect(server.log.connections == 1)
        try await server.close()
    }

    @Test func `gives every call of a lost connection one outcome`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.silence, .silence, .silence, .close, tls: tls)
        let answers = try await withClient(settings(server)) { client in
            try await withThrowingTaskGroup(of: RefreshAnswer.self) { group in
                for _ in 0..<4 { group.addTask { await client.refresh(try randomToken()) } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(answers.map(\.outcome) == Array(repeating: .unknown(.connectionLost), count: 4))
        // One connection, one event.
        let lost = Set(answers.map(\.lostConnection))
        #expect(lost.count == 1)
        #expect(lost.first.flatMap { $0 } != nil)
        #expect(server.log.requests.count == 4)
        try await server.close()
    }

    @Test func `gives up one call without harm to the others of its connection`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.silence, .success, tls: tls)
        try await withClient(settings(server)) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in server.log.arrivals { break }
            first.cancel()
            let given = await first.value
            #expect(given == RefreshAnswer(outcome: .unknown(.givenUp), httpStatus: nil))
            for await _ in server.log.resets { break }
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .refreshed)
        }
        #expect(server.log.connections == 1)
        try await server.close()
    }

    @Test func `is sure that a call it gave up before sending started nothing`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.silence, streams: 1, tls: tls)
        var settings = try settings(server)
        settings.maximumConnections = 1
        try await withClient(settings) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in server.log.arrivals { break }
            let second = Task { await client.refresh(token) }
            second.cancel()
            let given = await second.value
            #expect(given.outcome == .unavailable(.notConnected))
            first.cancel()
            _ = await first.value
        }
        #expect(server.log.requests.count == 1)
        try await server.close()
    }

    @Test func `sends no more calls where a call had no answer and nothing else came`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.success, .silence, .success, tls: tls)
        try await withClient(settings(server)) { client in
            let first = await client.refresh(try randomToken())
            #expect(first.outcome == .refreshed)
            client.configure(timeout: .milliseconds(300))
            let second = await client.refresh(try randomToken())
            #expect(second == RefreshAnswer(outcome: .unknown(.timeout), httpStatus: nil))
            client.configure(timeout: .seconds(20))
            let third = await client.refresh(try randomToken())
            #expect(third.outcome == .refreshed)
        }
        #expect(server.log.connections == 2)
        try await server.close()
    }
}
