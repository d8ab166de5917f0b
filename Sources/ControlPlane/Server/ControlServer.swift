import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import RefreshCore
package import RefreshDaemon
import ServiceLifecycle
import Synchronization

/// Serves the operations as HTTP and JSON on a unix socket, mode 0660.
///
/// A user who may connect to the socket may do everything. At a graceful shutdown the server takes no more requests,
/// answers those it has, and removes the socket.
package final class ControlServer: Service {
    private let operations: any OperationPerforming
    private let path: String
    private let limits: ControlLimits
    private let time: any Timekeeping
    private let reportError: @Sendable (String) -> Void
    private let latch = ReadinessLatch()

    /// Creates a server of these operations.
    ///
    /// The process's user and group may connect. `reportError` receives errors inside the HTTP server, in one line
    /// without ids or tokens.
    package init(
        operations: any OperationPerforming,
        path: String,
        limits: ControlLimits = ControlLimits(),
        time: any Timekeeping,
        reportError: @escaping @Sendable (String) -> Void
    ) {
        self.operations = operations
        self.path = path
        self.limits = limits
        self.time = time
        self.reportError = reportError
    }

    /// Returns once the socket is in place and takes requests; throws what `run` ended with before that.
    package func listening() async throws {
        try await latch.wait()
    }

    /// Serves until the graceful shutdown.
    ///
    /// Throws `ControlSocketProblem` when the socket cannot be opened.
    package func run() async throws {
        do {
            let socket = try await ControlSocket(path: SocketPath(path))
            defer { socket.withdraw() }
            try await serve(on: socket)
            latch.settle(.failure(CancellationError()))
        } catch {
            latch.settle(.failure(error))
            throw error
        }
    }

    private func serve(on socket: ControlSocket) async throws {
        let logger = Logger(label: "control") { [reportError] _ in ErrorsOnlyLogHandler(report: reportError) }
        // Why the socket could not be published.
        let obstacle = Mutex<ControlSocketProblem?>(nil)
        let endpoints = ControlEndpoints(operations: operations, limits: limits)
        // Not Hummingbird's `Application`, which wakes every second to keep the date ready.
        let server = Server(
            childChannelSetup: HTTP1Channel(
                responder: { [time] request, writer, _ in
                    var response = await endpoints.answer(request)
                    response.headers[.date] = time.now.httpDate
                    try await writer.write(response: response.head, body: response.body)
                },
                configuration: http1),
            configuration: ServerConfiguration(
                address: .unixDomainSocket(path: socket.bindPath),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: logger)
            ),
            onServerRunning: { [latch] channel in
                do throws(ControlSocketProblem) {
                    try socket.publish()
                    latch.settle(.success(()))
                } catch {
                    obstacle.withLock { $0 = error }
                    channel.close(promise: nil)
                }
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger
        )
        do {
            try await server.run()
        } catch {
            if let problem = obstacle.withLock(\.self) { throw problem }
            guard let error = error as? IOError else { throw error }
            throw ControlSocketProblem.system(path: path, call: "bind", code: error.errnoCode)
        }
        if let problem = obstacle.withLock(\.self) { throw problem }
    }

    private var http1: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            idleTimeout: TimeAmount(limits.readTimeout),
            httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                maxHeaderFieldSize: ControlLimits.headerBytes,
                maxHeaderListSize: ControlLimits.headerBytes,
                maxHeaderFieldCount: ControlLimits.headerFields
            )
        )
    }
}

/// Passes on only the errors of the HTTP server: its other entries contain URIs, and URIs contain users.
struct ErrorsOnlyLogHandler: LogHandler {
    let report: @Sendable (String) -> Void
    var metadata: Logger.Metadata = [:]

    var logLevel: Logger.Level {
        get { .error }
        // Libraries may not change the level.
        set { _ = newValue }
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        // A server stopped before it began has not failed: the cause of the stop is reported elsewhere.
        guard event.level >= .error, !event.message.description.hasSuffix("CancellationError()") else { return }
        report(event.message.description)
    }
}

/// The limits of the control server for its clients.
package struct ControlLimits: Sendable {
    /// Connections served at once; more of them wait in the socket's queue.
    package var connections = 64
    /// Bytes of one request's body.
    package var bodyBytes = ControlLimits.mostBodyBytes
    /// How long one request may take to arrive, and how long a connection may be idle.
    package var readTimeout: Duration = .seconds(30)

    static let mostBodyBytes = 1 << 20
    /// The most users that one request may bring or name.
    static let mostUsers = 1_000
    /// The most bytes of all header fields together, and of any one.
    static let headerBytes = 16 << 10
    static let headerFields = 64

    package init() {}
}
