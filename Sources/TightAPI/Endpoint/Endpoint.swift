import RefreshCore

/// Where Tight answers: scheme, host, port and the path that goes before every operation's own.
///
/// Plain http is for loopback hosts alone, so that a token cannot leave the machine unencrypted.
package struct Endpoint: Sendable, Equatable, CustomStringConvertible {
    package enum Scheme: String, Sendable {
        case http, https

        var defaultPort: Int {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    package let scheme: Scheme
    /// A DNS name in lower case, or an IP address without brackets.
    package let host: String
    package let port: Int
    /// Empty, or a slash and more without a slash at the end.
    package let pathPrefix: String

    /// Reads a base URL as people write it in the configuration: `https://prod.hurdlr.com/rest`.
    ///
    /// Source: RFC 3986 section 3.
    package init(_ text: String) throws(EndpointProblem) {
        let parts = try SplitURL(text)
        switch parts.scheme {
        case "https": scheme = .https
        case "http": scheme = .http
        default: throw .unsupportedScheme(parts.scheme.sanitized(limit: 40), allowed: "https")
        }
        let authority = try Authority(parts.authority)
        host = authority.host
        port = authority.port ?? scheme.defaultPort
        guard scheme == .https || authority.isLoopback else { throw .plainHTTP(host: authority.host) }
        pathPrefix = try Self.prefix(parts.path)
    }

    /// The whole URL of an operation, whose path begins with a slash.
    package func url(of path: String) -> String {
        "\(scheme.rawValue)://\(authority)\(pathPrefix)\(path)"
    }

    package var description: String { url(of: "") }

    private static func prefix(_ path: Substring) throws(EndpointProblem) -> String {
        var path = path
        while path.last == "/" { path.removeLast() }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for segment in segments
        where segment.isEmpty || segment == "." || segment == ".." || !isLegal(segment) {
            throw .illegalPath(String(path).sanitized(limit: 80))
        }
        return String(path)
    }

    private static func isLegal(_ segment: Substring) -> Bool {
        var digitsDue = 0
        for byte in segment.utf8 {
            if digitsDue > 0 {
                guard Character(Unicode.Scalar(byte)).isHexDigit else { return false }
                digitsDue -= 1
            } else if byte == UInt8(ascii: "%") {
                digitsDue = 2
            } else {
                guard byte.isASCIILetterOrDigit || "-._~!$&'()*+,;=:@".utf8.contains(byte) else {
                    return false
                }
            }
        }
        return digitsDue == 0
    }
}
