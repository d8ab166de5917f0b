/// The part of the API's addresses that comes before `/v5`: scheme, host, port and path, nothing else.
package struct BaseURL: Hashable, Sendable, CustomStringConvertible {
    package enum Scheme: String, Sendable {
        case https
        /// For hosts of this machine only: a token must not travel in the clear.
        case http
    }

    package let scheme: Scheme
    /// A name or an IPv4 address in lower case, or an IPv6 address in brackets.
    package let host: String
    /// Nil for the scheme's own.
    package let port: Int?
    /// Empty, or begins with a slash; never ends with one.
    package let path: String

    /// The address without a trailing slash.
    package var description: String {
        "\(scheme.rawValue)://\(host)\(port.map { ":\($0)" } ?? "")\(path)"
    }
}
