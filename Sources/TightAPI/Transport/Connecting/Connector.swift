import NIOCore
import NIOPosix
import NIOSSL
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
