/// Why some text is no endpoint or proxy; says what to write instead and never repeats a password.
package enum EndpointProblem: Error, Equatable, CustomStringConvertible {
    case noScheme
    case unsupportedScheme(String, allowed: String)
    case userInfo
    case query
    case fragment
    case noHost
    case illegalHost(String)
    case illegalPort(String)
    case illegalPath(String)
    /// A host on the network over plain http.
    case plainHTTP(host: String)
    /// A proxy's URL with a path, or a proxy without a port.
    case proxyWithPath
    case proxyWithoutPort

    package var description: String {
        switch self {
        case .noScheme:
            "it does not begin with a scheme: write the whole URL, like https://prod.hurdlr.com/rest"
        case .unsupportedScheme(let scheme, let allowed):
            "the scheme \(scheme) is not supported: use \(allowed)"
        case .userInfo: "it holds a user name or password before the @: leave them out"
        case .query: "it has a query: leave out the ? and what follows"
        case .fragment: "it has a fragment: leave out the # and what follows"
        case .noHost: "it names no host: write a name or an address after ://"
        case .illegalHost(let host):
            "the host \(host) is neither a DNS name nor an IP address: use ASCII letters, digits, dots and hyphens, "
                + "no dot at the end, and brackets around an IPv6 address"
        case .illegalPort(let port): "the port \(port) is not a number from 1 to 65535"
        case .illegalPath(let path):
            "the path \(path) holds characters or segments that no base URL has: write it like /rest"
        case .plainHTTP(let host):
            "plain http to \(host) would show the tokens to the network: use https (http is for this machine alone)"
        case .proxyWithPath: "a proxy has no path: write it like http://proxy.example:3128"
        case .proxyWithoutPort: "a proxy needs its port: write it like http://proxy.example:3128"
        }
    }
}
