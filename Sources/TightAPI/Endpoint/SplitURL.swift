/// A URL cut at its delimiters; what no endpoint may have is refused here.
struct SplitURL {
    /// In lower case.
    let scheme: String
    let authority: Substring
    let path: Substring

    init(_ text: String) throws(EndpointProblem) {
        guard let (scheme, rest) = Self.cut(text) else { throw .noScheme }
        if rest.contains("#") { throw .fragment }
        if rest.contains("?") { throw .query }
        let authority = rest.prefix { $0 != "/" }
        if authority.contains("@") { throw .userInfo }
        self.scheme = scheme.lowercased()
        self.authority = authority
        path = rest[authority.endIndex...]
    }

    private static func cut(_ text: String) -> (Substring, Substring)? {
        let scheme = text.prefix { $0 != ":" }
        let rest = text[scheme.endIndex...]
        guard !scheme.isEmpty, rest.hasPrefix("://") else { return nil }
        return (scheme, rest.dropFirst(3))
    }
}
