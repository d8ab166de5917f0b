package import RefreshCore

/// How to call Tight.
package struct TightClientSettings: Sendable, Equatable {
    /// The versions of HTTP that are offered to the server.
    package enum Protocols: Sendable, Equatable {
        /// HTTP/2 if the server chooses it, otherwise HTTP/1.1.
        case automatic
        case http1
    }

    package let endpoint: Endpoint
    /// The version of the daemon, for `User-Agent`: letters, digits, dots, `+` and `-`.
    package let version: String
    /// From the call to the last byte of its answer; 180 s by default.
    package var timeout: Duration = .seconds(180)
    /// For name lookup, connection, proxy and TLS together, and for the wait for a free connection; 10 s by default.
    package var connectTimeout: Duration = .seconds(10)
    /// The most connections at once, 64 by default; over HTTP/2, a few are enough for thousands of calls.
    ///
    /// Over HTTP/1.1 there must be as many as there are concurrent calls, or calls fail for lack of a connection.
    package var maximumConnections = 64
    /// How long an unused HTTP/2 connection is kept; 20 s by default.
    ///
    /// The server announces when it closes one, so a call that crosses the announcement is known not to have been
    /// processed.
    package var idleTimeout: Duration = .seconds(20)
    /// How long an unused HTTP/1.1 connection is kept if the server gives no limit; 4 s by default.
    ///
    /// This is shorter than the five seconds of many servers: a close that crosses a request looks like a lost answer.
    package var idleTimeoutHTTP1: Duration = .seconds(4)
    /// How long a connection with calls in flight may be silent before a ping is sent; 10 s by default, zero for never.
    package var pingAfter: Duration = .seconds(10)
    /// How long a ping may stay unanswered, 5 s by default; after the second one, the connection is dead.
    package var pingTimeout: Duration = .seconds(5)
    /// The age at which a connection is replaced, give or take a tenth; 10 min by default, zero for no limit.
    ///
    /// Replacing it follows changes of address, load balancer or certificate.
    package var connectionAge: Duration = .seconds(600)
    /// A file of PEM certificates to trust instead of the system's.
    package var caFile: String?
    /// The proxy, nil for none: the environment is not consulted.
    package var proxy: ProxyEndpoint?
    /// Sent to the proxy only; nil if it needs none.
    package var proxyCredentials: ProxyCredentials?
    package var protocols: Protocols = .automatic

    package init(endpoint: Endpoint, version: String) {
        self.endpoint = endpoint
        self.version = version
    }
}

/// Why a client cannot be made from its settings.
package enum TightClientProblem: Error, Equatable, CustomStringConvertible {
    case caFileMissing(path: String)
    case caFileNotReadable(path: String)
    case caFileWithoutCertificate(path: String)
    /// The system has no certificates to trust, and no CA file is named.
    case noTrustRoots
    /// There is a proxy, and the endpoint's host is an address.
    case addressBehindProxy(Endpoint)

    package var description: String {
        switch self {
        case .caFileMissing(let path):
            "api.caFile: there is no file \(path): correct the path, or leave the key out"
        case .caFileNotReadable(let path):
            "api.caFile: \(path) cannot be read: let the daemon's user read it, and check that it is a file"
        case .caFileWithoutCertificate(let path):
            "api.caFile: \(path) holds no certificate that can be read: it has to be PEM, "
                + "with -----BEGIN CERTIFICATE-----"
        case .noTrustRoots:
            "this system has no CA certificates: install its package of them (on Debian ca-certificates), "
                + "or name a file in api.caFile"
        case .addressBehindProxy(let endpoint):
            "api.baseURL: \(endpoint) names an address, which a certificate cannot be checked against behind a proxy: "
                + "use the host's name, or leave api.proxy out"
        }
    }
}
