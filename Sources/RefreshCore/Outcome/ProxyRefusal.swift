/// Why the proxy will never make a connection; the operator must fix it.
package enum ProxyRefusal: Equatable, Sendable {
    /// 403: its rules do not allow this port, or this host.
    case forbidden(port: Int)
    /// 407, and none were sent.
    case credentialsMissing
    /// 407 although credentials were sent.
    case credentialsRefused
    /// It answers as no proxy does that knows CONNECT: with this status, or not in HTTP.
    case notAProxy(status: Int?)

    /// What is wrong, and who must fix it.
    package var text: String {
        switch self {
        case .forbidden(let port):
            "the proxy does not allow connections to the API at port \(port) (it answered 403): its rules have to"
        case .credentialsMissing:
            "the proxy asks for credentials (it answered 407): set api.proxyCredentials"
        case .credentialsRefused:
            "the proxy does not accept the credentials (it answered 407): correct what api.proxyCredentials names"
        case .notAProxy(let status):
            "what api.proxy names is no HTTP proxy that tunnels (it answered "
                + (status.map { "CONNECT with \($0)" } ?? "not in HTTP") + "): check its host and port"
        }
    }
}
