import RefreshCore

/// Where the daemon's server listens: an IP address of this machine, and a port.
package struct ListenAddress: Hashable, Sendable {
    /// An IP address without brackets, or `localhost`.
    package let host: String
    package let port: Int
    /// Whether only this machine can reach it.
    package let isLoopback: Bool
    package let description: String

    /// Nil for anything else: a name other than `localhost` may resolve to any machine.
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
