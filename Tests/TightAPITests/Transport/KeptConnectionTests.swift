import RefreshCore
import Testing

@testable import TightAPI

@Suite(.timeLimit(.minutes(1))) struct KeptConnectionTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    @Test(arguments: ["h2", "http/1.1"])
    func `closes a connection that no call has needed for a while`(version: String) async throws {
        let tls = try authority.serverTLS(protocols: [version])
        let shared = try await HTTP2FaultServer(.success, tls: tls)
        let single = try await FaultServer(.success, tls: tls)
        let (port, log) = version == "h2" ? (shared.port, shared.log) : (single.port, single.log)
        var settings = try localSettings(port: port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        settings.idleTimeout = .milliseconds(200)
        try await withClient(settings) { client in
            for _ in 0..<2 {
                let answer = await client.refresh(try randomToken())
                #expect(answer.outcome == .refreshed)
                for await _ in log.ends { break }
            }
        }
        #expect(log.connections == 2)
        try await shared.close()
        try await single.close()
    }

    @Test func `falls back to HTTP/1.1 where the server speaks nothing else, on as many connections as it needs`()
        async throws
    {
        let tls = try authority.serverTLS(protocols: ["http/1.1"])
        let server = try await FaultServer(.silence, .silence, .silence, .success, tls: tls)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        try await withClient(settings) { client in
            let token = try randomToken()
            let silent = (0..<3).map { _ in Task { await client.refresh(token) } }
            var arrived = 0
            for await _ in server.log.arrivals {
                arrived += 1
                if arrived == 3 { break }
            }
            let answer = await client.refresh(try randomToken())
            #expect(answer.outcome == .refreshed)
            for task in silent { task.cancel() }
            for task in silent {
                let given = await task.value
                #expect(given.outcome == .unknown(.givenUp))
            }
        }
        #expect(server.log.connections == 4)
        try await server.close()
    }

    @Test func `never sends again when a kept connection ends under a request`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.success, .close, .success, tls: tls)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        try await withClient(settings) { client in
            let first = await client.refresh(try randomToken())
            #expect(first.outcome == .refreshed)
            let second = await client.refresh(try randomToken())
            #expect(second.outcome == .unknown(.connectionLost))
            #expect(server.log.requests.count == 2)
            let third = await client.refresh(try randomToken())
            #expect(third.outcome == .refreshed)
        }
        #expect(server.log.requests.count == 3)
        #expect(server.log.connections == 2)
        try await server.close()
    }
}
