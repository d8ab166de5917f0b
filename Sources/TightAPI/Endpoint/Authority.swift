import NIOCore
import RefreshCore

/// A host and, where it is named, a port; the host is a DNS name or an IP address.
struct Authority: Equatable {
    let host: String
    let port: Int?

    init(_ text: Substring) throws(EndpointProblem) {
        let host: Substring
        let port: Substring
        if text.first == "[" {
            host = text.dropFirst().prefix { $0 != "]" }
            let rest = text[host.endIndex...]
            guard rest.first == "]" else { throw .illegalHost(String(text).sanitized(limit: 80)) }
            port = rest.dropFirst()
            guard (try? SocketAddress(ipAddress: String(host), port: 0)) != nil, host.contains(":") else {
                throw .illegalHost(String(host).sanitized(limit: 80))
            }
        } else {
            host = text.prefix { $0 != ":" }
            port = text[host.endIndex...]
            guard !host.isEmpty else { throw .noHost }
            guard Self.isName(host) || Self.isIPv4(host) else {
                throw .illegalHost(String(host).sanitized(limit: 80))
            }
        }
        self.host = host.lowercased()
        self.port = port.isEmpty ? nil : try Self.number(port)
    }

    /// Whether what is sent there stays on this machine.
    var isLoopback: Bool {
        if host == "localhost" { return true }
        guard let address = try? SocketAddress(ipAddress: host, port: 0) else { return false }
        return host.contains(":")
            ? address == (try? SocketAddress(ipAddress: "::1", port: 0)) : host.hasPrefix("127.")
    }

    private static func number(_ text: Substring) throws(EndpointProblem) -> Int {
        let digits = text.dropFirst()
        guard text.first == ":", (1...5).contains(digits.utf8.count), digits.utf8.allSatisfy(\.isASCIIDigit),
            let number = Int(digits), (1...65_535).contains(number)
        else { throw .illegalPort(String(digits).sanitized(limit: 80)) }
        return number
    }

    /// Labels of letters, digits, hyphens and underscores; the last one is not a number, which would be half an address.
    private static func isName(_ host: Substring) -> Bool {
        let labels = host.split(separator: ".", omittingEmptySubsequences: false)
        guard host.utf8.count <= 253, let last = labels.last, !last.utf8.allSatisfy(\.isASCIIDigit) else {
            return false
        }
        return labels.allSatisfy { label in
            (1...63).contains(label.utf8.count) && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy { $0.isASCIILetterOrDigit || "-_".utf8.contains($0) }
        }
    }

    private static func isIPv4(_ host: Substring) -> Bool {
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                part.utf8.allSatisfy(\.isASCIIDigit)
                    && Int(part).map { $0 <= 255 && String($0) == part } ?? false
            }
    }
}
