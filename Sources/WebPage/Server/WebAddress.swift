/// Where the page is served.
package struct WebAddress: Equatable, Sendable, CustomStringConvertible {
    /// An IP address, IPv6 without brackets, or `localhost`.
    package let host: String
    package let port: Int
    /// Whether only this machine can reach it.
    package let isLoopback: Bool

    package init(host: String, port: Int, isLoopback: Bool) {
        self.host = host
        self.port = port
        self.isLoopback = isLoopback
    }

    package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
