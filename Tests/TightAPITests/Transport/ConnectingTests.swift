import NIOCore
import NIOPosix
import RefreshCore
import Testing

@testable import TightAPI

@Suite(.timeLimit(.minutes(1))) struct ConnectingTests {
    @Test(arguments: ["localhost", "127.0.0.1", "[::1]"])
    func `starts nothing where nobody listens`(host: String) async throws {
        let server = try await FaultServer(.success)
        try await server.close()
        let settings = TightClientSettings(
            endpoint: try Endpoint("http://\(host):\(server.port)"),
            version: "1"
        )
        let answer = try await call(settings)
        #expect(answer == RefreshAnswer(outcome: .unavailable(.notConnected), httpStatus: nil))
    }

    @Test func `knows a name that does not resolve from a server that does not listen`() async throws {
        let error = await #expect(throws: NIOConnectionError.self) {
            let group = MultiThreadedEventLoopGroup.singleton
            _ = try await ClientBootstrap(group: group).resolver(NoNames(eventLoop: group.next()))
                .connect(host: "nobody.invalid", port: 443).get()
        }
        let met = try #require(error)
        #expect(TransportFailure.Cause(connecting: met, hasProxy: false) == .nameNotResolved)
        #expect(TransportFailure.Cause(connecting: met, hasProxy: true) == .proxy(.nameNotResolved))
    }

    @Test func `starts nothing when the connection is closed before the handshake`() async throws {
        let server = try await FaultServer(.closeOnAccept)
        let answer = try await call(localSettings(port: server.port, scheme: "https"))
        #expect(answer.outcome == .unavailable(.handshakeFailed))
        try await server.close()
    }

    @Test func `starts nothing when the handshake takes too long`() async throws {
        let server = try await FaultServer(.silence)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.connectTimeout = .milliseconds(300)
        let answer = try await call(settings)
        #expect([.unavailable(.handshakeFailed), .unavailable(.notConnected)].contains(answer.outcome))
        try await server.close()
    }

    @Test func `starts nothing when the total timeout comes before the connection`() async throws {
        let server = try await FaultServer(.silence)
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.timeout = .milliseconds(300)
        settings.connectTimeout = .seconds(1)
        let answer = try await call(settings)
        #expect(answer.outcome == .unavailable(.notConnected))
        try await server.close()
    }

    @Test func `makes no call for a task that is cancelled already`() async throws {
        let server = try await FaultServer(.success)
        let settings = try localSettings(port: server.port)
        let task = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            return try await call(settings)
        }
        let answer = try await task.value
        #expect(answer.outcome == .unavailable(.notConnected))
        #expect(server.log.connections == 0)
        try await server.close()
    }

    @Test func `makes no call after its shutdown and gives up those under way`() async throws {
        let server = try await FaultServer(.silence)
        let client = try TightClient(settings: localSettings(port: server.port)) { .epoch }
        let token = try randomToken()
        let task = Task { await client.refresh(token) }
        for await _ in server.log.arrivals { break }
        await client.shutdown()
        let answer = await task.value
        #expect(answer.outcome == .unknown(.givenUp))
        let late = await client.refresh(token)
        #expect(late.outcome == .unavailable(.notConnected))
        await client.shutdown()
        #expect(server.log.requests.count == 1)
        try await server.close()
    }
}

/// Resolves nothing.
private final class NoNames: Resolver, Sendable {
    private struct NoSuchName: Error {}

    private let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        eventLoop.makeFailedFuture(NoSuchName())
    }

    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        eventLoop.makeFailedFuture(NoSuchName())
    }

    func cancelQueries() {}
}
