/// A host and, if named, a port: `localhost:8080`, `[::1]`, `api.example.com`.
package struct Authority: Hashable, Sendable {
    /// A name or an IPv4 address in lower case, or an IPv6 address without its brackets.
    package let host: String
    package let port: Int?
    /// Whether the host is an IP address rather than a name.
    package let isAddress: Bool
    /// Whether traffic to this host stays on this machine.
    ///
    /// Source: RFC 6761, RFC 1122 section 3.2.1.3, RFC 4291 section 2.5.3.
    package let isLoopback: Bool

    /// Throws `noHost`, `host` or `port`.
    ///
    /// Source: RFC 3986 section 3.2.
    package init(_ text: some StringProtocol) throws(EndpointProblem) {
        let text = Substring(text)
        let rest: Substring
        if text.first == "[" {
            let inner = text.dropFirst().prefix { $0 != "]" }
            rest = text[inner.endIndex...].dropFirst()
            guard inner.endIndex < text.endIndex, let address = IPAddress.v6(inner) else { throw .host }
            host = inner.lowercased()
            isAddress = true
            isLoopback = address == [0, 0, 0, 0, 0, 0, 0, 1]
        } else {
            let name = text.prefix { $0 != ":" }
            rest = text[name.endIndex...]
            guard !name.isEmpty else { throw .noHost }
            let address = IPAddress.v4(name)
            guard address != nil || Self.isName(name) else { throw .host }
            host = name.lowercased()
            isAddress = address != nil
            isLoopback = address.map { $0[0] == 127 } ?? (host == "localhost")
        }
        port = rest.isEmpty ? nil : try Self.number(rest)
    }

    /// Creates an authority from a name that is known to be valid.
    init(knownName: String) {
        host = knownName
        port = nil
        isAddress = false
        isLoopback = false
    }

    /// The form used in a URL, with the port if one is named.
    package var description: String { bracketedHost + (port.map { ":\($0)" } ?? "") }

    /// The host, in brackets if it is an IPv6 address.
    package var bracketedHost: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }

    private static func number(_ text: Substring) throws(EndpointProblem) -> Int {
        let digits = text.dropFirst()
        guard text.first == ":", (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isDigit),
            let number = Int(digits), (1...65_535).contains(number)
        else { throw .port }
        return number
    }

    /// Whether it has labels of letters, digits, hyphens and underscores, and the last is no number, as in an address.
    ///
    /// Source: RFC 1123 section 2.1, plus underscores, which container names have; the URL Standard, "ends in a number
    /// checker".
    private static func isName(_ host: Substring) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, let last = labels.last, !isNumber(last.utf8) else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy {
                    $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                }
        }
    }

    /// Whether a label is a decimal number, or a hexadecimal one after `0x`.
    private static func isNumber(_ label: Substring.UTF8View) -> Bool {
        if label.allSatisfy(\.isDigit) { return true }
        guard label.first == UInt8(ascii: "0"), let x = label.dropFirst().first, x | 0x20 == UInt8(ascii: "x") else {
            return false
        }
        return label.dropFirst(2).allSatisfy(\.isHexDigit)
    }
}
