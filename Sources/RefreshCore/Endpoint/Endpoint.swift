/// Where the API answers: scheme, host, port and the path that goes before every operation's own.
///
/// Plain http is for hosts of this machine alone, so that a token cannot leave it unencrypted.
package struct Endpoint: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Sendable {
        case http, https

        package var defaultPort: Int {
            switch self {
            case .http: 80
            case .https: 443
            }
        }
    }

    package let scheme: Scheme
    private let place: Authority
    /// Empty, or a slash and more without a slash at the end.
    package let pathPrefix: String

    /// A name in lower case, or an IP address without brackets.
    package var host: String { place.host }
    package var port: Int { place.port ?? scheme.defaultPort }
    /// Whether the host is an IP address and no name.
    package var isAddress: Bool { place.isAddress }
    /// The host, in brackets where it is an IPv6 address.
    package var bracketedHost: String { place.bracketedHost }

    /// Reads a base URL as people write it in the configuration: `https://prod.hurdlr.com/rest`.
    ///
    /// Throws every problem but those of proxies. Source: RFC 3986 section 3, without user information, query and fragment.
    package init(_ text: String) throws(EndpointProblem) {
        let parts = try SplitURL(text)
        guard let scheme = Scheme(rawValue: parts.scheme) else { throw .scheme }
        self.scheme = scheme
        place = try Authority(parts.authority)
        pathPrefix = try Self.prefix(parts.path)
        guard scheme == .https || place.isLoopback else { throw .clearText }
    }

    /// An https address that is known to be one: nothing is checked.
    package init(knownHost: String, pathPrefix: String) {
        scheme = .https
        place = Authority(knownName: knownHost)
        self.pathPrefix = pathPrefix
    }

    /// The whole URL of an operation, whose path begins with a slash; a port is in it only where it must be.
    package func url(of path: String) -> String {
        let port = port == scheme.defaultPort ? "" : ":\(port)"
        return "\(scheme.rawValue)://\(bracketedHost)\(port)\(pathPrefix)\(path)"
    }

    /// As it was written, with scheme and host in lower case and without slashes at the end.
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
            let isHexDigit = (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
            if digitsDue > 0 {
                guard isHexDigit else { return false }
                digitsDue -= 1
            } else if byte == UInt8(ascii: "%") {
                digitsDue = 2
            } else {
                let isLetter = (0x61...0x7A).contains(byte | 0x20)
                guard isHexDigit || isLetter || "-._~!$&'()*+,;=:".utf8.contains(byte) else { return false }
            }
        }
        return digitsDue == 0
    }
}

/// An HTTP proxy that tunnels with CONNECT.
///
/// The way to the proxy is plain http; what goes through the tunnel is TLS with the API itself, verified as without a
/// proxy. TLS to the proxy and SOCKS are not supported. Credentials never stand in its URL.
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

/// A URL cut at its delimiters; what no endpoint may have is refused here.
private struct SplitURL {
    /// In lower case.
    let scheme: String
    let authority: Substring
    let path: Substring

    init(_ text: String) throws(EndpointProblem) {
        // Byte by byte: with a mark on it a delimiter is another character, and a password before it would be shown.
        let bytes = text.utf8
        // Anywhere: a password may hold a slash or a question mark, and must not be taken for a path.
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

/// Why some text is no address of an API or a proxy.
package enum EndpointProblem: Error, Equatable, CaseIterable, Sendable {
    /// It begins with none, or with one that is not supported.
    case scheme
    /// A host on the network over plain http.
    case clearText
    /// A user name or password, or an @ anywhere else: what holds one is not to be shown.
    case userInfo
    case queryOrFragment
    case noHost
    /// Neither a name nor an IP address.
    case host
    case port
    case path
    /// The path of an operation, which comes after the base.
    case operation
    case proxyWithPath
    case proxyWithoutPort
}
