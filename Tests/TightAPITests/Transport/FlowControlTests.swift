import RefreshCore
import Testing

@testable import TightAPI

@Suite(.timeLimit(.minutes(1))) struct FlowControlTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func settings(_ server: HTTP2FaultServer) throws -> TightClientSettings {
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        return settings
    }

    private func body(_ size: Int) -> [UInt8] {
        (0..<size).map { UInt8(ascii: "a") + UInt8($0 % 26) }
    }

    @Test func `sends a body as fast as the server takes it`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.success, window: 100, tls: tls)
        let body = body(4_000)
        let exchange = try await withClient(settings(server)) { client in
            await client.exchange(HTTPCall(path: "/v5/auth/token", body: Secret(body)))
        }
        guard case .answered(let answer) = exchange else { throw Unanswered() }
        #expect(answer.status == 200)
        let request = try #require(server.log.requests.first)
        #expect(request.hasSuffix("end: false\n" + String(decoding: body, as: UTF8.self)))
        #expect(request.contains("content-length: 4000\n"))
        try await server.close()
    }

    @Test func `does not know what came of a request whose body the server does not take`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.success, window: 0, tls: tls)
        var settings = try settings(server)
        settings.timeout = .milliseconds(300)
        try await withClient(settings) { client in
            let exchange = await client.exchange(HTTPCall(path: "/v5/auth/token", body: Secret(body(10))))
            guard case .failed(let failure) = exchange else { throw Unanswered() }
            #expect(failure == TransportFailure(cause: .timeout, evidence: .unknown))
        }
        #expect(server.log.requests.isEmpty)
        try await server.close()
    }

    @Test func `reads more from one connection than any window holds`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.largeSuccess(65_536), tls: tls)
        let outcomes = try await withClient(settings(server)) { client in
            try await withThrowingTaskGroup(of: Outcome.self) { group in
                for _ in 0..<20 {
                    group.addTask {
                        var last = Outcome.refreshed
                        for _ in 0..<25 where last == .refreshed {
                            last = await client.refresh(try randomToken()).outcome
                        }
                        return last
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
        }
        #expect(outcomes == Array(repeating: .refreshed, count: 20))
        #expect(server.log.requests.count == 500)
        #expect(server.log.connections == 1)
        try await server.close()
    }

    @Test func `reads 64 KiB at most and keeps the connection for the others`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.largeSuccess(65_537), .success, tls: tls)
        try await withClient(settings(server)) { client in
            let first = await client.refresh(try randomToken())
            guard case .malformed(let malformation) = first.outcome else { throw Unanswered() }
            #expect(malformation.reason == .tooLarge)
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .refreshed)
        }
        #expect(server.log.connections == 1)
        try await server.close()
    }

    @Test func `answers the server's ping`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.successAfterPing, tls: tls)
        let answer = try await call(settings(server))
        #expect(answer.outcome == .refreshed)
        try await server.close()
    }

    private struct Unanswered: Error {}
}
