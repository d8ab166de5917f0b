import RefreshCore

extension Endpoint {
    /// The far end of a tunnel: the host, in brackets if it is an IPv6 address, and the port.
    struct Target: Sendable {
        let host: String
        let port: Int
    }

    var target: Target { Target(host: bracketedHost, port: port) }

    /// The value of `Host` and `:authority`.
    var authority: String { port == scheme.defaultPort ? bracketedHost : "\(bracketedHost):\(port)" }
}
