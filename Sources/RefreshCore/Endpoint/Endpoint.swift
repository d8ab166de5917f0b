/// The API's base address: scheme, host, port and the path prefix of every operation.
///
/// Plain http is allowed only for hosts on this machine, so that a token cannot leave it unencrypted.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Sendable {
        case http, https

        package var defaultPort: Int { self == .http ? 80 : 443 }
    }

    package let scheme: Scheme
    private let place: Authority
    /// Empty, or a path that begins with a slash and does not end with one.
    package let pathPrefix: String

    /// A name in lower case, or an IP address without brackets.
    package var host: String { place.host }
    package var port: Int { place.port ?? scheme.defaultPort }
    package var isAddress: Bool { place.isAddress }
    package var bracketedHost: String { place.bracketedHost }

    /// Reads a base URL as people write it in the configuration: `https://prod.hurdlr.com/rest`.
    ///
    /// Throws every problem but those of proxies.
    /// Source: RFC 3986 section 3, without user information, query and fragment.
    package init(_ text: String) throws(EndpointProblem) {
        let parts = try SplitURL(text)
        guard let scheme = Scheme(rawValue: parts.scheme) else { throw .scheme }
        self.scheme = scheme
        place = try Authority(parts.authority)
        pathPrefix = try Self.prefix(parts.path)
        guard scheme == .https || place.isLoopback else { throw .clearText }
    }

    /// Creates an https address from parts that are known to be valid: nothing is checked.
    package init(knownHost: String, pathPrefix: String) {
        scheme = .https
        place = Authority(knownName: knownHost)
        self.pathPrefix = pathPrefix
    }

    /// The full URL of an operation, whose path begins with a slash; the scheme's default port is omitted.
    package func url(of path: String) -> String {
        let port = port == scheme.defaultPort ? "" : ":\(port)"
        return "\(scheme.rawValue)://\(bracketedHost)\(port)\(pathPrefix)\(path)"
    }

    /// The address as written, with scheme and host in lower case and without trailing slashes.
    package var description: String { "\(scheme.rawValue)://\(place.description)\(pathPrefix)" }

    private static func prefix(_ path: Substring) throws(EndpointProblem) -> String {
        var path = path
        while path.last == "/" { path.removeLast() }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for segment in segments where segment.isEmpty || segment == "." || segment == ".." || !isLegal(segment) {
            throw .path
        }
        guard !segments.contains("v5") else { throw .operation }
        return String(path)
    }

    private static func isLegal(_ segment: Substring) -> Bool {
        var digitsDue = 0
        for byte in segment.utf8 {
            if digitsDue > 0 {
                guard byte.isHexDigit else { return false }
                digitsDue -= 1
            } else if byte == UInt8(ascii: "%") {
                digitsDue = 2
            } else {
                guard byte.isDigit || byte.isLetter || "-._~!$&'()*+,;=:".utf8.contains(byte) else { return false }
            }
        }
        return digitsDue == 0
    }
}

/// An HTTP proxy that tunnels with CONNECT.
///
/// The connection to the proxy is plain http; the tunnel carries TLS with the API itself, verified as without a proxy.
/// TLS to the proxy and SOCKS are not supported. Its URL never contains credentials.
package struct ProxyEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name in lower case, or an IP address without brackets.
    package let host: String
    package let port: Int
    package let description: String

    /// Reads a proxy's URL: `http://proxy.example:3128`.
    package init(_ text: String) throws(EndpointProblem) {
        let parts = try SplitURL(text)
        guard parts.scheme == "http" else { throw .scheme }
        let place = try Authority(parts.authority)
        guard parts.path.isEmpty || parts.path == "/" else { throw .proxyWithPath }
        guard let port = place.port else { throw .proxyWithoutPort }
        host = place.host
        self.port = port
        description = "http://\(place.description)"
    }
}

/// A URL split at its delimiters; parts that no endpoint may have are refused here.
private struct SplitURL {
    /// In lower case.
    let scheme: String
    let authority: Substring
    let path: Substring

    init(_ text: String) throws(EndpointProblem) {
        // By bytes: a delimiter with a combining mark is another character, and a password before it would be shown.
        let bytes = text.utf8
        // Anywhere in the text: a password may hold a slash or a question mark, and must not be taken for a path.
        if bytes.contains(UInt8(ascii: "@")) { throw .userInfo }
        let scheme = text.prefix { $0 != ":" }
        guard text[scheme.endIndex...].hasPrefix("://") else { throw .scheme }
        let rest = text[scheme.endIndex...].dropFirst(3)
        if rest.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) { throw .queryOrFragment }
        self.scheme = scheme.lowercased()
        authority = rest.prefix { $0 != "/" }
        path = rest[authority.endIndex...]
    }
}

/// Why a text is not an address of an API or a proxy.
package enum EndpointProblem: Error, Equatable, CaseIterable, Sendable {
    /// The scheme is missing, or not supported.
    case scheme
    /// A host on the network over plain http.
    case clearText
    /// A user name or password, or an @ anywhere else; text that may contain either must not be shown.
    case userInfo
    case queryOrFragment
    case noHost
    /// Neither a name nor an IP address.
    case host
    case port
    case path
    /// The path contains that of an operation, which follows the base.
    case operation
    case proxyWithPath
    case proxyWithoutPort
}
