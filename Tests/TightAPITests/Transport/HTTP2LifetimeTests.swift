import NIOCore
import NIOPosix
import RefreshCore
import Testing

@testable import TightAPI

/// nghttp2 has pointers to calls that it does not retain: each call, and each connection, is freed when it is over.
@Suite(.timeLimit(.minutes(1))) struct HTTP2LifetimeTests {
    /// What lives only as long as somebody else keeps it.
    private struct Seen {
        weak var call: OpenCall?
        weak var connection: HTTP2Connection?
    }

    enum End: CaseIterable {
        case answered, cancelled, lost
    }

    private let authority: TestAuthority
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    init() throws {
        authority = try TestAuthority()
    }

    @Test(arguments: End.allCases)
    func `frees a call and its connection`(end: End) async throws {
        let gate = Gate(2)
        let server = try await HTTP2FaultServer(
            .successBehindGate, gate: gate, tls: authority.serverTLS(protocols: ["h2"]))
        var settings = try localSettings(port: server.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        let pool = try await makePool(settings)
        let head = RequestHead(HTTPCall(path: "/"), to: settings.endpoint, userAgent: "test")

        let result = Task { await call(1, head, pool) }
        for await _ in server.log.arrivals { break }
        let seen = try await eventLoop.submit {
            let connection = pool.value.shared.first
            return NIOLoopBoundBox(Seen(call: connection?.calls.first, connection: connection), eventLoop: eventLoop)
        }.get()
        let wasThere = try await eventLoop.submit { seen.value.call != nil && seen.value.connection != nil }.get()
        #expect(wasThere)

        switch end {
        case .answered: _ = await call(2, head, pool)
        case .cancelled: eventLoop.execute { pool.value.take([.cancel(1)]) }
        case .lost: break
        }
        if end != .lost { _ = await result.value }
        let isCallThere = try await eventLoop.submit { seen.value.call != nil }.get()
        #expect(isCallThere == (end == .lost))
        await withCheckedContinuation { caller in
            eventLoop.execute { pool.value.take([.shutdown(caller)]) }
        }
        _ = await result.value
        // The handlers of a closed channel go in a later turn.
        var isLeft = true
        while isLeft {
            isLeft = try await eventLoop.submit { seen.value.call != nil || seen.value.connection != nil }.get()
        }
        try await server.close()
    }

    private func makePool(_ settings: TightClientSettings) async throws -> NIOLoopBoundBox<ConnectionPool> {
        let eventLoop = eventLoop
        return try await eventLoop.submit {
            let connector = try Connector(settings, lookup: SystemLookup.addresses(of:_:), eventLoop: eventLoop)
            let pool = ConnectionPool(limits: PoolLimits(settings), connector: connector, eventLoop: eventLoop)
            return NIOLoopBoundBox(pool, eventLoop: eventLoop)
        }.get()
    }

    private func call(_ id: UInt64, _ head: RequestHead, _ pool: NIOLoopBoundBox<ConnectionPool>) async
        -> TransportResult
    {
        await withUnsafeContinuation { caller in
            let call = PreparedCall(
                id: id, head: head, bearer: nil, body: Secret([]), timeout: .seconds(20), beginBy: nil, caller: caller)
            eventLoop.execute { pool.value.take([.call(call)]) }
        }
    }
}
