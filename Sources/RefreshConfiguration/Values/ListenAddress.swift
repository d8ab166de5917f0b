import RefreshCore

/// Where a server of ours listens: an IP address of this machine, and a port.
package struct ListenAddress: Hashable, Sendable {
    /// An IP address, or `localhost`, as a socket takes it: without brackets.
    package let host: String
    package let port: Int
    /// Whether only this machine can reach it.
    package let isLoopback: Bool
    package let description: String

    /// Nil for anything else; names other than `localhost` may lead anywhere, and are none.
    init?(text: String) {
        guard let authority = try? Authority(text), let port = authority.port,
            authority.isAddress || authority.host == "localhost"
        else { return nil }
        host = authority.host
        self.port = port
        isLoopback = authority.isLoopback
        description = authority.description
    }
}

extension ListenAddress: CustomStringConvertible {}
