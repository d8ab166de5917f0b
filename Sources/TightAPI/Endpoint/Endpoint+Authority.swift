import NIOCore

extension Endpoint {
    /// Where a tunnel leads to: host, in brackets if it is an IPv6 address, and port.
    struct Target: Sendable {
        let host: String
        let port: Int
    }

    var target: Target { Target(host: host.contains(":") ? "[\(host)]" : host, port: port) }

    /// The value of `Host` and `:authority`.
    var authority: String { port == scheme.defaultPort ? target.host : "\(target.host):\(port)" }

    /// Whether the host is an IP address and no name.
    var isAddress: Bool { (try? SocketAddress(ipAddress: host, port: 0)) != nil }
}
