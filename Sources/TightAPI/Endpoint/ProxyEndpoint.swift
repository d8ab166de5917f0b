import RefreshCore

/// An HTTP proxy that tunnels with CONNECT.
///
/// The way to the proxy is plain http; what goes through the tunnel is TLS with Tight itself, verified as without a
/// proxy. TLS to the proxy and SOCKS are not supported. Credentials never stand in its URL.
package struct ProxyEndpoint: Sendable, Equatable, CustomStringConvertible {
    package let host: String
    package let port: Int

    /// Reads a proxy's URL: `http://proxy.example:3128`.
    package init(_ text: String) throws(EndpointProblem) {
        let parts = try SplitURL(text)
        guard parts.scheme == "http" else {
            throw .unsupportedScheme(
                parts.scheme.sanitized(limit: 40),
                allowed: "http, and the proxy's plain port"
            )
        }
        guard parts.path.isEmpty || parts.path == "/" else { throw .proxyWithPath }
        let authority = try Authority(parts.authority)
        guard let port = authority.port else { throw .proxyWithoutPort }
        host = authority.host
        self.port = port
    }

    package var description: String { "http://\(host.contains(":") ? "[\(host)]" : host):\(port)" }
}
