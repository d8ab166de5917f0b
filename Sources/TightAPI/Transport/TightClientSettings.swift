/// How to call Tight.
package struct TightClientSettings: Sendable, Equatable {
    /// Which version of HTTP is offered to the server.
    package enum Protocols: Sendable, Equatable {
        /// HTTP/2 if the server chooses it, else HTTP/1.1.
        case automatic
        case http1
    }

    package let endpoint: Endpoint
    /// The version of the daemon, for `User-Agent`: letters, digits, dots, `+` and `-`.
    package let version: String
    /// From the call to the last byte of its answer; 180 s by default.
    package var timeout: Duration = .seconds(180)
    /// For name, connection, proxy and TLS together, and for the wait for a free connection; 10 s by default.
    package var connectTimeout: Duration = .seconds(10)
    /// Connections at once, 64 by default; over HTTP/2 a few are enough for thousands of calls.
    ///
    /// Over HTTP/1.1 not fewer than calls are made at once, or calls fail for want of one.
    package var maximumConnections = 64
    /// How long an unused connection is kept; 20 s by default.
    ///
    /// Shorter than servers and their gateways keep theirs, so that they rarely close one just as a request is sent
    /// on it, which nobody could tell from a lost answer.
    package var idleTimeout: Duration = .seconds(20)
    /// PEM certificates to trust instead of the system's.
    package var caFile: String?
    /// No proxy unless it is named here; none is taken from the environment.
    package var proxy: ProxyEndpoint?
    /// For the proxy alone; nil where it asks for none.
    package var proxyCredentials: ProxyCredentials?
    package var protocols: Protocols = .automatic

    package init(endpoint: Endpoint, version: String) {
        self.endpoint = endpoint
        self.version = version
    }
}
