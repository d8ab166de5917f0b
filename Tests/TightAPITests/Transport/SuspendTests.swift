import NIOCore
import NIOPosix
import RefreshCore
import Synchronization
import Testing

@testable import TightAPI

/// What becomes of kept connections when the machine is suspended; SwiftNIO's clock stands still meanwhile.
@Suite(.timeLimit(.minutes(1))) struct SuspendTests {
    /// A clock that can be set forward.
    private final class Clock: Sendable {
        private let ahead = Mutex(Duration.zero)

        var now: Duration { BootClock.now + ahead.withLock { $0 } }

        func goForward(by span: Duration) {
            ahead.withLock { $0 += span }
        }
    }

    private let authority: TestAuthority
    private let clock = Clock()
    private let eventLoop = MultiThreadedEventLoopGroup.singleton.next()

    init() throws {
        authority = try TestAuthority()
    }

    @Test(arguments: ["h2", "http/1.1"])
    func `a connection from before a suspend gets no call`(version: String) async throws {
        let tls = try authority.serverTLS(protocols: [version])
        let shared = try await HTTP2FaultServer(.success, tls: tls)
        let single = try await FaultServer(.success, tls: tls)
        let (port, log) = version == "h2" ? (shared.port, shared.log) : (single.port, single.log)
        let relay = try await Relay(to: port)
        var settings = try localSettings(port: relay.port, scheme: "https")
        settings.caFile = try authority.writeCAFile()
        let pool = try await makePool(settings)
        let head = RequestHead(HTTPCall(path: "/"), to: settings.endpoint, userAgent: "test")

        let first = await isAnswered(1, head, pool)
        #expect(first)
        relay.forget()
        clock.goForward(by: .hours(1))
        let second = await isAnswered(2, head, pool)
        #expect(second)
        // No second suspend: this connection is used again.
        let third = await isAnswered(3, head, pool)
        #expect(third)
        await withCheckedContinuation { caller in
            eventLoop.execute { pool.value.take([.shutdown(caller)]) }
        }
        #expect(log.requests.count == 3)
        #expect(log.connections == 2)
        try await relay.close()
        try await shared.close()
        try await single.close()
    }

    private func makePool(_ settings: TightClientSettings) async throws -> NIOLoopBoundBox<ConnectionPool> {
        let eventLoop = eventLoop
        let clock = clock
        return try await eventLoop.submit {
            let connector = try Connector(settings, lookup: SystemLookup.addresses(of:_:), eventLoop: eventLoop)
            let pool = ConnectionPool(
                limits: PoolLimits(settings), connector: connector, eventLoop: eventLoop, bootTime: { clock.now })
            return NIOLoopBoundBox(pool, eventLoop: eventLoop)
        }.get()
    }

    private func isAnswered(_ id: UInt64, _ head: RequestHead, _ pool: NIOLoopBoundBox<ConnectionPool>) async -> Bool {
        let result: TransportResult = await withUnsafeContinuation { caller in
            let call = PreparedCall(
                id: id, head: head, bearer: nil, body: Secret([]), timeout: .seconds(10), beginBy: nil, caller: caller)
            eventLoop.execute { pool.value.take([.call(call)]) }
        }
        guard case .answered = result else { return false }
        return true
    }
}
