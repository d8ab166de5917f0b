/// An HTTP proxy that tunnels the calls (`CONNECT`).
package struct ProxyAddress: Hashable, Sendable, CustomStringConvertible {
    /// A name or an IPv4 address, or an IPv6 address in brackets.
    package let host: String
    package let port: Int

    package var description: String { "http://\(host):\(port)" }
}
