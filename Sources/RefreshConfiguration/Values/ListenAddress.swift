/// Where a server of ours listens: an IP address of this machine, and a port.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IPv4 address, an IPv6 address in brackets, or `localhost`.
    private let authority: String
    package let port: Int
    /// Whether only this machine can reach it.
    package let isLoopback: Bool

    /// The address as a socket takes it, without brackets.
    package var host: String {
        authority.hasPrefix("[") ? String(authority.dropFirst().dropLast()) : authority
    }

    package var description: String { "\(authority):\(port)" }

    /// Nil for anything else; names other than `localhost` may lead anywhere, and are none.
    init?(text: String) {
        guard let authority = try? Authority(text: text), let port = authority.port else { return nil }
        let parts = authority.host.split(separator: ".", omittingEmptySubsequences: false)
        let isAddress = parts.count == 4 && parts.allSatisfy { UInt8($0) != nil }
        guard isAddress || authority.host.hasPrefix("[") || authority.host == "localhost" else { return nil }
        self.authority = authority.host
        self.port = port
        isLoopback = authority.isLoopback
    }
}
