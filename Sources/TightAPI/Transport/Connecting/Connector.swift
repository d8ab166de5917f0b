import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS
import RefreshCore

/// Knows the way to the one host: through a proxy or not, over TLS or not.
final class Connector {
    let endpoint: Endpoint
    let proxy: ProxyEndpoint?
    private let proxyCredentials: ProxyCredentials?
    private let tls: NIOSSLContext?
    private let bootstrap: ClientBootstrap
    private let addresses: AddressBook
    private let vigilance: Vigilance

    init(
        _ settings: TightClientSettings,
        lookup: @escaping AddressBook.Lookup,
        eventLoop: any EventLoop
    ) throws(TightClientProblem) {
        endpoint = settings.endpoint
        proxy = settings.proxy
        proxyCredentials = settings.proxyCredentials
        // Made for plain http too: a CA file that is of no use is told at once.
        let context = try NIOSSLContext.client(settings)
        tls = endpoint.scheme == .https ? context : nil
        bootstrap = ClientBootstrap(group: eventLoop).connectTimeout(TimeAmount(settings.connectTimeout))
        addresses = AddressBook(
            host: settings.proxy?.host ?? settings.endpoint.host,
            port: settings.proxy?.port ?? settings.endpoint.port,
            lookup: lookup,
            eventLoop: eventLoop
        )
        let limits = PoolLimits(settings)
        vigilance = Vigilance(after: limits.pingAfter, timeout: limits.pingTimeout)
    }

    /// The version that needs no asking for: without TLS there is no ALPN.
    var onlyVersion: HTTPVersion? { tls == nil ? .http1 : nil }

    /// Makes a TCP connection to the host or its proxy; names are resolved and addresses tried as RFC 8305 has it.
    func connect() -> EventLoopFuture<any Channel> {
        let found = addresses.find()
        let connected = bootstrap.resolver(FoundAddresses(found)).connect(
            host: proxy?.host ?? endpoint.host, port: proxy?.port ?? endpoint.port)
        connected.assumeIsolated().whenSuccess { channel in
            // Done long since, or there would be no connection.
            found.assumeIsolated().whenSuccess { self.addresses.reached(channel.remoteAddress, in: $0) }
        }
        return connected
    }

    /// Has the other addresses tried first for a while: the connection led nowhere.
    func suspect(_ channel: any Channel) {
        addresses.suspect(channel.remoteAddress)
    }

    /// Has the kernel watch whether the other side is still there.
    func watch(_ channel: any Channel) throws {
        try vigilance.watch(channel)
    }

    /// Asks the proxy for the way to the host.
    func makeTunnelHandler(_ done: @escaping (_ hindrance: TransportFailure.Cause?) -> Void) -> ProxyTunnelHandler {
        ProxyTunnelHandler(to: endpoint.target, credentials: proxyCredentials, done: done)
    }

    /// TLS to the host itself; nil for plain http.
    func makeTLS() throws -> WatchedTLS? {
        try tls.map { try WatchedTLS($0, host: endpoint.host, isAddress: endpoint.isAddress) }
    }
}

/// Hands addresses to SwiftNIO, which tries them one after the other as RFC 8305 has it, in the order given.
final class FoundAddresses: Resolver, Sendable {
    private let addresses: EventLoopFuture<[SocketAddress]>

    init(_ addresses: EventLoopFuture<[SocketAddress]>) {
        self.addresses = addresses
    }

    /// All addresses of both families: with two lists, SwiftNIO would alternate.
    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses.map { _ in [] }
    }

    func cancelQueries() {}
}

#if canImport(Glibc)
import Glibc
#endif

/// How the kernel finds out that the other side of a connection is gone, as tcp(7) has it.
///
/// It matters where no other check exists: for HTTP/1.1 and for a handshake. Its answers come from the next TCP hop,
/// which is the proxy if there is one; PING reaches the server.
struct Vigilance {
    /// Empty if the check is off.
    private let options: [(ChannelOptions.Types.SocketOption, SocketOptionValue)]

    /// After that much silence, two probes are sent, one `timeout` apart; sent data may stay unacknowledged for the
    /// same total time.
    ///
    /// A dead connection is found in the same time whether calls wait on it or are being sent.
    init(after: TimeAmount?, timeout: TimeAmount) {
        guard let after else {
            options = []
            return
        }
        let unacknowledged = after.nanoseconds + 2 * timeout.nanoseconds
        options = [
            (.socketOption(.so_keepalive), 1),
            (.tcpOption(.init(rawValue: TCP_KEEPIDLE)), Self.seconds(after)),
            (.tcpOption(.init(rawValue: TCP_KEEPINTVL)), Self.seconds(timeout)),
            (.tcpOption(.init(rawValue: TCP_KEEPCNT)), 2),
            (.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), SocketOptionValue(unacknowledged / 1_000_000)),
        ]
    }

    /// The kernel counts whole seconds, and no fewer than one.
    private static func seconds(_ time: TimeAmount) -> SocketOptionValue {
        SocketOptionValue(max(1, (time.nanoseconds + 500_000_000) / 1_000_000_000))
    }

    func watch(_ channel: any Channel) throws {
        for (option, value) in options { try channel.syncOptions?.setOption(option, value: value) }
    }
}

/// The observer of a channel until HTTP is established; confined to its event loop.
protocol Establishing: AnyObject {
    /// TLS is up; the server chose this protocol, or none.
    func secured(_ chosen: String?)

    /// The channel met an error or is closed.
    func lost(_ error: (any Error)?)
}

/// Reports the events of its channel until HTTP is established.
final class EstablishingHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = Any

    private let attempt: any Establishing

    init(_ attempt: any Establishing) {
        self.attempt = attempt
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted(let chosen)? = event as? TLSUserEvent { attempt.secured(chosen) }
        context.fireUserInboundEventTriggered(event)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        attempt.lost(error)
        context.fireErrorCaught(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        attempt.lost(nil)
        context.fireChannelInactive()
    }
}
