import NIOCore
import RefreshCore
import Testing

@testable import TightAPI

/// Calls that may begin only until a moment: read from the server's log, not from the client's.
@Suite(.timeLimit(.minutes(1))) struct LateCallTransportTests {
    private let authority: TestAuthority

    init() throws {
        authority = try TestAuthority()
    }

    private func settings(_ server: HTTP2FaultServer) throws -> TightClientSettings {
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        settings.maximumConnections = 1
        return settings
    }

    private func settings(_ server: FaultServer) throws -> TightClientSettings {
        var settings = try localSettings(port: server.port)
        settings.maximumConnections = 1
        return settings
    }

    /// With a connection that is there and has room, whichever version of HTTP it speaks.
    private func sendsNothingLate(_ settings: TightClientSettings, _ log: ServerLog) async throws {
        try await withClient(settings) { client in
            let early = try await client.refresh(randomToken(), beginBy: BootClock.now + .seconds(10))
            #expect(early.outcome == .refreshed)
            await #expect(throws: CallNotBegun()) {
                try await client.refresh(randomToken(), beginBy: BootClock.now)
            }
            let later = await client.refresh(try randomToken())
            #expect(later.outcome == .refreshed)
        }
        #expect(log.requests.count == 2)
        #expect(log.connections == 1)
    }

    @Test func `a call that is late is not sent, though a connection is free, over HTTP/1.1`() async throws {
        let server = try await FaultServer(.success)
        try await sendsNothingLate(settings(server), server.log)
        try await server.close()
    }

    @Test func `a call that is late is not sent, though a stream is free, over HTTP/2`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.success, tls: tls)
        try await sendsNothingLate(settings(server), server.log)
        try await server.close()
    }

    @Test func `a call that is late opens no connection`() async throws {
        let server = try await FaultServer(.success)
        try await withClient(settings(server)) { client in
            _ = await #expect(throws: CallNotBegun()) {
                try await client.refresh(randomToken(), beginBy: .zero)
            }
        }
        #expect(server.log.connections == 0)
        try await server.close()
    }

    /// The one connection has a call that is never answered; another waits for it past its moment.
    private func waitsInVain(_ settings: TightClientSettings, _ log: ServerLog) async throws {
        try await withClient(settings) { client in
            let token = try randomToken()
            let first = Task { await client.refresh(token) }
            for await _ in log.arrivals { break }
            let began = BootClock.now
            await #expect(throws: CallNotBegun()) {
                try await client.refresh(randomToken(), beginBy: began + .milliseconds(300))
            }
            let waited = BootClock.now - began
            // Told when its time is up, long before the client tires of waiting for a connection.
            #expect(waited >= .milliseconds(299) && waited < settings.connectTimeout)
            first.cancel()
            _ = await first.value
            let next = await client.refresh(try randomToken())
            #expect(next.outcome == .refreshed)
        }
        #expect(log.requests.count == 2)
    }

    @Test func `a call that waits for a connection past its moment is never written`() async throws {
        let server = try await FaultServer(.silence, .success)
        try await waitsInVain(settings(server), server.log)
        try await server.close()
    }

    @Test func `a call that waits for a stream past its moment is never written`() async throws {
        let tls = try authority.serverTLS(protocols: ["h2"])
        let server = try await HTTP2FaultServer(.silence, .success, streams: 1, tls: tls)
        try await waitsInVain(settings(server), server.log)
        try await server.close()
    }

    @Test func `a renewal that is late is not sent`() async throws {
        let server = try await FaultServer(.success)
        let credentials = ClientCredentials(id: "platform", secret: Secret("secret".utf8))
        try await withClient(settings(server), credentials: credentials) { client in
            let id = try UserID("user-1")
            await #expect(throws: CallNotBegun()) {
                try await client.renew(.clientCredentials(id), beginBy: BootClock.now)
            }
        }
        #expect(server.log.requests.isEmpty)
        try await server.close()
    }

    @Test func `a call that moves to another connection leaves its stream behind`() async throws {
        let head = RequestHead(HTTPCall(path: "/"), to: try localSettings(port: 1).endpoint, userAgent: "test")
        let result: TransportResult = await withUnsafeContinuation { caller in
            let request = PreparedCall(
                id: 1, head: head, bearer: nil, body: Secret([]), timeout: .seconds(20), beginBy: nil, caller: caller)
            let call = OpenCall(request, arrivedAt: .now(), patience: .seconds(10))
            call.stream = 7
            // The next connection has a stream 7 of another call.
            #expect(call.takeBack(.now()) && call.stream == 0)
            call.fail(.cancelled)
        }
        guard case .failed(let failure) = result else {
            Issue.record("\(result)")
            return
        }
        #expect(failure.cause == .cancelled)
    }

    @Test func `of waiting calls those that are late end, and the first that is in time is next`() async throws {
        let endpoint = try localSettings(port: 1).endpoint
        let head = RequestHead(HTTPCall(path: "/"), to: endpoint, userAgent: "test")
        var ended: [TransportResult] = []
        for beginBy in [BootClock.now, nil] as [Duration?] {
            let result: TransportResult = await withUnsafeContinuation { caller in
                let request = PreparedCall(
                    id: 1, head: head, bearer: nil, body: Secret([]), timeout: .seconds(20), beginBy: beginBy,
                    caller: caller)
                var waiting = WaitingCalls()
                waiting.append(OpenCall(request, arrivedAt: .now(), patience: .seconds(10)))
                if waiting.hasOneInTime() { waiting.popFirst()?.fail(.cancelled) }
            }
            ended.append(result)
        }
        let causes: [TransportFailure.Cause?] = ended.map {
            if case .failed(let failure) = $0 { failure.cause } else { nil }
        }
        #expect(causes == [.late, .cancelled])
    }
}
