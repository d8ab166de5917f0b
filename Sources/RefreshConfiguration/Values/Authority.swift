/// A host and, where given, a port: `localhost:8080`, `[::1]`, `api.example.com`.
struct Authority: Equatable {
    enum Fault: Error, Equatable {
        case noHost
        case host
        case port
    }

    /// In lower case; an IPv6 address in brackets.
    let host: String
    let port: Int?

    /// Source: RFC 3986 section 3.2, names as RFC 1123 has them.
    init(text: some StringProtocol) throws(Fault) {
        guard !text.isEmpty, !text.hasPrefix(":") else { throw .noHost }
        let host: String
        let rest: String
        if text.hasPrefix("[") {
            guard let end = text.firstIndex(of: "]") else { throw .host }
            host = String(text[...end]).lowercased()
            rest = String(text[text.index(after: end)...])
            guard Self.isIPv6(host.dropFirst().dropLast()) else { throw .host }
        } else {
            host = String(text.prefix { $0 != ":" }).lowercased()
            rest = String(text.drop { $0 != ":" })
            guard Self.isName(host) else { throw .host }
        }
        if rest.isEmpty {
            port = nil
        } else {
            let digits = rest.dropFirst()
            guard rest.hasPrefix(":"), !digits.isEmpty,
                digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }),
                let number = Int(digits), (1...65_535).contains(number)
            else { throw .port }
            port = number
        }
        self.host = host
    }

    /// Whether what is sent there stays on this machine (RFC 6761, RFC 1122 section 3.2.1.3, RFC 4291).
    var isLoopback: Bool {
        if host == "localhost" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    private static func isName(_ text: String) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        return text.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            (1...63).contains(label.utf8.count) && !label.hasPrefix("-") && !label.hasSuffix("-")
                && label.utf8.allSatisfy {
                    (0x30...0x39).contains($0) || (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "-")
                        || $0 == UInt8(ascii: "_")
                }
        }
    }

    /// Eight groups of up to four hexadecimal digits, `::` once for a run of zeros.
    private static func isIPv6(_ text: some StringProtocol) -> Bool {
        let halves = String(text).split(separator: "::", omittingEmptySubsequences: false)
        guard (1...2).contains(halves.count) else { return false }
        var groups = 0
        for half in halves where !half.isEmpty {
            for group in half.split(separator: ":", omittingEmptySubsequences: false) {
                guard (1...4).contains(group.count), group.allSatisfy({ $0.isASCII && $0.isHexDigit })
                else { return false }
                groups += 1
            }
        }
        return halves.count == 2 ? groups <= 7 : groups == 8
    }
}
