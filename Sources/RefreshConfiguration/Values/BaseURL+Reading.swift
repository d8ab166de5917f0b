extension BaseURL {
    enum Fault: Error, Equatable {
        case scheme
        case clearText
        case userInfo
        case queryOrFragment
        case authority(Authority.Fault)
        case path
        case operation
    }

    /// Reads an absolute address.
    ///
    /// Source: RFC 3986, without user information, query and fragment.
    init(text: String) throws(Fault) {
        let scheme: Scheme
        let rest: Substring
        if text.lowercased().hasPrefix("https://") {
            (scheme, rest) = (.https, text.dropFirst(8))
        } else if text.lowercased().hasPrefix("http://") {
            (scheme, rest) = (.http, text.dropFirst(7))
        } else {
            throw .scheme
        }
        guard !rest.contains("@") else { throw .userInfo }
        guard !rest.contains("?"), !rest.contains("#") else { throw .queryOrFragment }
        let authority: Authority
        do throws(Authority.Fault) { authority = try Authority(text: rest.prefix { $0 != "/" }) } catch {
            throw .authority(error)
        }
        var path = rest.drop { $0 != "/" }
        guard path.utf8.allSatisfy(Self.isPathCharacter) else { throw .path }
        while path.hasSuffix("/") { path.removeLast() }
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        guard !segments.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else { throw .path }
        guard !segments.contains("v5") else { throw .operation }
        guard scheme == .https || authority.isLoopback else { throw .clearText }
        self.init(scheme: scheme, host: authority.host, port: authority.port, path: String(path))
    }

    private static func isPathCharacter(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            || "-._~!$&'()*+,;=:@%/".utf8.contains(byte)
    }
}
