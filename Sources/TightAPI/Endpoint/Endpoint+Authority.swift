import RefreshCore

extension Endpoint {
    /// Where a tunnel leads to: host, in brackets if it is an IPv6 address, and port.
    struct Target: Sendable {
        let host: String
        let port: Int
    }

    var target: Target { Target(host: bracketedHost, port: port) }

    /// The value of `Host` and `:authority`.
    var authority: String { port == scheme.defaultPort ? bracketedHost : "\(bracketedHost):\(port)" }
}
