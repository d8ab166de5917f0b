import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import RefreshCore

/// Connects to the one host: through a proxy or directly, over TLS or in plain.
final class Connector {
    let endpoint: Endpoint
    let proxy: ProxyEndpoint?
    private let proxyCredentials: ProxyCredentials?
    private let tls: NIOSSLContext?
    private let bootstrap: ClientBootstrap
    private let addresses: AddressBook
    let vigilance: Vigilance

    init(
        _ settings: TightClientSettings,
        lookup: @escaping AddressBook.Lookup,
        eventLoop: any EventLoop
    ) throws(TightClientProblem) {
        endpoint = settings.endpoint
        proxy = settings.proxy
        proxyCredentials = settings.proxyCredentials
        // Also made for plain http: an unusable CA file is reported at once.
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

    /// The version that is known in advance: without TLS there is no ALPN.
    var onlyVersion: HTTPVersion? { tls == nil ? .http1 : nil }

    /// Makes a TCP connection to the host or its proxy; resolves names and tries addresses as RFC 8305 says.
    func connect() -> EventLoopFuture<any Channel> {
        let found = addresses.find()
        let connected = bootstrap.resolver(FoundAddresses(found)).connect(
            host: proxy?.host ?? endpoint.host, port: proxy?.port ?? endpoint.port)
        connected.assumeIsolated().whenSuccess { channel in
            // The lookup is complete, or there would be no connection.
            found.assumeIsolated().whenSuccess { self.addresses.reached(channel.remoteAddress, in: $0) }
        }
        return connected
    }

    /// Marks the address of a connection that led nowhere, so that the others are tried first for a while.
    func suspect(_ channel: any Channel) {
        addresses.suspect(channel.remoteAddress)
    }

    /// A handler that asks the proxy for a tunnel to the host.
    func makeTunnelHandler(_ done: @escaping (_ hindrance: TransportFailure.Cause?) -> Void) -> ProxyTunnelHandler {
        ProxyTunnelHandler(to: endpoint, credentials: proxyCredentials, done: done)
    }

    /// TLS to the host itself; nil for plain http.
    func makeTLS() throws -> WatchedTLS? {
        try tls.map { try WatchedTLS($0, host: endpoint.host, isAddress: endpoint.isAddress) }
    }
}

/// Hands addresses to SwiftNIO, which tries them in the given order, one after the other, as RFC 8305 says.
final class FoundAddresses: Resolver, Sendable {
    private let addresses: EventLoopFuture<[SocketAddress]>

    init(_ addresses: EventLoopFuture<[SocketAddress]>) {
        self.addresses = addresses
    }

    /// All addresses of both families: given two lists, SwiftNIO would alternate between them.
    func initiateAAAAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses
    }

    func initiateAQuery(host: String, port: Int) -> EventLoopFuture<[SocketAddress]> {
        addresses.map { _ in [] }
    }

    func cancelQueries() {}
}

/// How the kernel finds out that the other side of a connection is gone; see tcp(7).
///
/// It matters where there is no other check: for HTTP/1.1 and during a handshake. The answers come from the next TCP
/// hop, which is the proxy if there is one; a PING reaches the server.
struct Vigilance {
    /// Empty if the check is off.
    private let options: [(ChannelOptions.Types.SocketOption, SocketOptionValue)]

    /// After that much silence, two probes are sent, one `timeout` apart.
    ///
    /// Sent data may stay unacknowledged for the same total time, so a dead connection is found equally soon whether
    /// calls wait on it or are being sent.
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

    /// The kernel counts in whole seconds, at least one.
    private static func seconds(_ time: TimeAmount) -> SocketOptionValue {
        SocketOptionValue(max(1, (time.nanoseconds + 500_000_000) / 1_000_000_000))
    }

    /// Makes the kernel check whether the other side is still there.
    func watch(_ channel: any Channel) throws {
        for (option, value) in options { try channel.syncOptions?.setOption(option, value: value) }
    }
}
