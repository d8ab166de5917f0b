package import RefreshCore

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
    /// How long an unused HTTP/2 connection is kept; 20 s by default.
    ///
    /// Its end is announced, and a call that crosses the announcement is known not to be acted upon.
    package var idleTimeout: Duration = .seconds(20)
    /// How long an unused HTTP/1.1 connection is kept where the server does not say how long it keeps it; 4 s by
    /// default.
    ///
    /// Shorter than the five seconds of many servers: a close that crosses a request looks like a lost answer.
    package var idleTimeoutHTTP1: Duration = .seconds(4)
    /// How long a connection with calls in flight may be silent before it is asked whether it still leads anywhere;
    /// 10 s by default, zero for never.
    package var pingAfter: Duration = .seconds(10)
    /// How long such a question may stay unanswered, 5 s by default; after the second one the connection is dead.
    package var pingTimeout: Duration = .seconds(5)
    /// How old a connection gets before another one takes its place, give or take a tenth; 10 min by default, zero for
    /// any age.
    ///
    /// So a change of address, balancer or certificate is followed.
    package var connectionAge: Duration = .seconds(600)
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

/// Why a client cannot be made of its settings.
package enum TightClientProblem: Error, Equatable, CustomStringConvertible {
    case caFileMissing(path: String)
    case caFileNotReadable(path: String)
    case caFileWithoutCertificate(path: String)
    /// The system has no certificates to trust, and no CA file is named.
    case noTrustRoots
    /// A proxy, and an endpoint whose host is an address.
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
