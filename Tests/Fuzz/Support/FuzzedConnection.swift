import Foundation
import NIOCore
import NIOEmbedded
import NIOPosix
import RefreshCore
import Synchronization
import TestSupport
@testable import TightAPI

/// A pool whose one connection leads to a server that says what an input says; calls wait for it or are on it.
final class FuzzedConnection {
    enum Version { case http1, http2 }

    /// How a run ends where the server has not ended all calls.
    enum End: UInt8, CaseIterable { case closed, timeout, cancelled }

    let channel: EmbeddedChannel
    /// All that was sent to the server.
    private(set) var sent: [UInt8] = []
    private let executor = ManualExecutor()
    private let pool: ConnectionPool
    private var callers: [FuzzedCaller] = []
    private var connection: (any Connection)?

    init(_ version: Version, calls: Int) throws {
        let endpoint = try Endpoint("http://127.0.0.1:9")
        var settings = TightClientSettings(endpoint: endpoint, version: "1.0.0")
        settings.maximumConnections = 1
        settings.connectionAge = .zero
        // Those of the system take longer to read than all the rest.
        settings.caFile =
            URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "authority.pem").path
        let loop = EmbeddedEventLoop()
        channel = EmbeddedChannel(loop: loop)
        let connector = try Connector(
            settings, lookup: { _, _ in [] }, eventLoop: Self.unused.next())
        pool = ConnectionPool(limits: PoolLimits(settings), connector: connector, eventLoop: loop)
        // One that is never done: the pool makes no other connection for calls that wait.
        let idle = ConnectionAttempt(pool, deadline: .distantFuture, isSuccessor: false)
        let attempt = ConnectionAttempt(pool, deadline: .distantFuture, isSuccessor: false)
        pool.attempts = [idle, attempt]
        pool.version = version == .http1 ? .http1 : .http2
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 9)).wait()
        for number in 0..<calls { submit(number, to: endpoint) }
        switch version {
        case .http1:
            let connection = HTTP1Connection(pool)
            try connection.add(to: channel)
            self.connection = connection
            pool.opened(connection, by: attempt)
        case .http2:
            let connection = try HTTP2Connection(pool) { $0.pool.opened($0, by: attempt) }
            try connection.add(to: channel)
            self.connection = connection
        }
        collect()
    }

    /// A call's own token, which tells it apart on the wire.
    static func token(_ number: Int) -> String { "\(MadeUp.token)-\(number)" }

    private func submit(_ number: Int, to endpoint: Endpoint) {
        let caller = FuzzedCaller(on: executor)
        executor.runUntilIdle()
        guard let continuation = caller.continuation, let token = try? AccessToken(Self.token(number).utf8) else {
            return
        }
        callers.append(caller)
        let call = HTTPCall(path: "/v5/banks/refresh", bearer: token)
        let prepared = PreparedCall(
            id: UInt64(number), head: RequestHead(call, to: endpoint, userAgent: "fuzz"), bearer: token,
            body: Secret([]), timeout: .hours(1), beginBy: nil, caller: continuation)
        pool.take([.call(prepared)])
    }

    /// Hands over bytes that came from the server.
    func receive(_ bytes: some Sequence<UInt8>) {
        guard channel.isActive else { return }
        _ = try? channel.writeInbound(ByteBuffer(bytes: bytes))
        channel.embeddedEventLoop.run()
        collect()
    }

    /// Ends the connection and all calls, and gives what came of each; nil for one that nobody ended.
    func finish(_ end: End) -> [TransportResult?] {
        switch end {
        case .closed where channel.isActive: _ = try? channel.close().wait()
        case .closed: break
        case .timeout: _ = connection?.expire(.distantFuture)
        case .cancelled: pool.take(callers.indices.map { .cancel(UInt64($0)) })
        }
        channel.embeddedEventLoop.run()
        collect()
        connection?.close(.cancelled)
        while let call = pool.waiting.popFirst() { call.fail(.cancelled) }
        _ = try? channel.finish(acceptAlreadyClosed: true)
        executor.runUntilIdle()
        // They know each other.
        pool.attempts = []
        pool.connections = [:]
        connection = nil
        return callers.map(\.result)
    }

    private func collect() {
        while let bytes = try? channel.readOutbound(as: ByteBuffer.self) { sent += bytes.readableBytesView }
        executor.runUntilIdle()
    }

    private static let unused = MultiThreadedEventLoopGroup.singleton
}

/// Waits for the result of a call on an executor that runs when it is told to.
final class FuzzedCaller: Sendable {
    private struct State {
        var continuation: UnsafeContinuation<TransportResult, Never>?
        var result: TransportResult?
    }

    private let state = Mutex(State())

    init(on executor: ManualExecutor) {
        Task(executorPreference: executor) { [self] in
            let result = await withUnsafeContinuation { continuation in
                state.withLock { $0.continuation = continuation }
            }
            state.withLock { $0.result = result }
        }
    }

    var continuation: UnsafeContinuation<TransportResult, Never>? { state.withLock(\.continuation) }
    var result: TransportResult? { state.withLock(\.result) }
}
