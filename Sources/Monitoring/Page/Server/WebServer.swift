import HTTPTypes
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
package import RefreshCore
package import RefreshDaemon
import ServiceLifecycle
import Synchronization

/// Serves the page, metrics and health checks, read-only, to clients that `WebAccess` admits.
package final class WebServer: Service {
    private let address: ListenAddress
    private let endpoints: WebEndpoints
    private let access: WebAccess
    private let limits: WebLimits
    private let time: any Timekeeping
    private let report: @Sendable (WebIncident) -> Void
    private let latch = ReadinessLatch()

    package init(
        address: ListenAddress, watch: WebWatch, access: WebAccess = WebAccess(), limits: WebLimits = WebLimits(),
        time: any Timekeeping, report: @escaping @Sendable (WebIncident) -> Void
    ) {
        self.address = address
        self.limits = limits
        self.time = time
        self.report = report
        self.access = access
        endpoints = WebEndpoints(
            watch: watch, guarding: RequestGuard(isLoopback: address.isLoopback), access: access, time: time,
            report: report)
    }

    /// Returns once the page can be requested; throws what `run` ended with before that.
    package func listening() async throws {
        try await latch.wait()
    }

    /// Serves until the graceful shutdown.
    ///
    /// Throws `WebProblem` if it cannot begin. A later failure is reported and ends only the page: calls must not
    /// suffer from it.
    package func run() async throws {
        let hasBegun = Mutex(false)
        do {
            try await serve { hasBegun.withLock { $0 = true } }
            latch.settle(.failure(CancellationError()))
        } catch {
            guard hasBegun.withLock(\.self) else {
                let problem = problem(of: error)
                latch.settle(.failure(problem))
                throw problem
            }
            report(.ended("it ended: \(problem(of: error))"))
            try? await gracefulShutdown()
        }
    }

    private func serve(_ began: @escaping @Sendable () -> Void) async throws {
        let endpoints = endpoints
        let lifetime = limits.lifetime
        // Its entries contain what strangers request; errors that matter are thrown.
        let logger = Logger(label: "web") { _ in SwiftLogNoOpLogHandler() }
        // Not Hummingbird's `Application`, which wakes every second to keep the date ready.
        let server = Server(
            childChannelSetup: AccessChannel(
                base: HTTP1Channel(
                    responder: { [time] request, writer, channel in
                        var response = await endpoints.answer(request, from: channel.remoteAddress?.ipAddress)
                        response.headers[.date] = time.now.httpDate
                        try await writer.write(response: response.head, body: response.body)
                    },
                    configuration: HTTP1Channel.Configuration(
                        additionalChannelHandlers: [ConnectionDeadline(lifetime: lifetime)],
                        idleTimeout: TimeAmount(lifetime),
                        httpDecoderConfiguration: HTTP1Channel.Configuration.DecoderConfiguration(
                            maxHeaderFieldSize: WebLimits.headerBytes,
                            maxHeaderListSize: WebLimits.headerBytes,
                            maxHeaderFieldCount: WebLimits.headerFields))),
                access: access),
            configuration: ServerConfiguration(
                address: .hostname(address.host, port: address.port),
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections, logger: logger)),
            onServerRunning: { [latch] _ in
                began()
                latch.settle(.success(()))
            },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: logger)
        try await server.run()
        // It ended without being asked to.
        if !Task.isShuttingDownGracefully, !Task.isCancelled { throw ServiceGroupError.serviceFinishedUnexpectedly() }
    }

    private func problem(of error: any Error) -> WebProblem {
        (error as? IOError).map { address.problem($0.errnoCode) } ?? .system(address, detail: "\(error)")
    }
}

/// Incidents that the page's server reports.
package enum WebIncident: Equatable, Sendable {
    /// The server ended early; the reason, in one line.
    case ended(String)
    /// The number of refused logins since the last calm period; the last came from `host`, if that is known.
    case loginsRefused(count: Int, host: String?)
}

/// The limits of the page's server for its clients.
package struct WebLimits: Sendable {
    /// Connections served at once; more of them wait.
    package var connections = 32
    /// How long a connection lasts: one request, its answer, and no more.
    package var lifetime: Duration = .seconds(20)

    static let headerBytes = 8 << 10
    static let headerFields = 64

    package init() {}
}

/// Closes a connection at the end of its lifetime, whatever it is doing: a slow sender must not hold it for long.
final class ConnectionDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Never

    private let lifetime: TimeAmount
    private var end: Scheduled<Void>?

    init(lifetime: Duration) {
        self.lifetime = TimeAmount(lifetime)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        let channel = context.channel
        end = context.eventLoop.scheduleTask(in: lifetime) { channel.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        end?.cancel()
    }

    func channelInactive(context: ChannelHandlerContext) {
        end?.cancel()
        context.fireChannelInactive()
    }
}
