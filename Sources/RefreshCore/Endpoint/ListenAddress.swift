/// Where the daemon's server listens: an IP address of this machine, and a port.
package struct ListenAddress: Hashable, Sendable, CustomStringConvertible {
    /// An IP address without brackets, or `localhost`.
    package let host: String
    package let port: Int
    /// Whether only this machine can reach it.
    package let isLoopback: Bool

    package init(host: String, port: Int, isLoopback: Bool) {
        self.host = host
        self.port = port
        self.isLoopback = isLoopback
    }

    /// Nil for anything else: a name other than `localhost` may resolve to any machine.
    package init?(text: String) {
        guard let authority = try? Authority(text), let port = authority.port,
            authority.isAddress || authority.host == "localhost"
        else { return nil }
        self.init(host: authority.host, port: port, isLoopback: authority.isLoopback)
    }

    package var description: String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
