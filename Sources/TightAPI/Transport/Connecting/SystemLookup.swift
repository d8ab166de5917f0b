import NIOCore

#if canImport(Glibc)
import Glibc
#endif

/// Asks the system for the addresses of a host, in the order of RFC 6724.
///
/// Source: getaddrinfo(3).
enum SystemLookup {
    /// The number of getaddrinfo(3) that says why there are no addresses.
    struct Failure: Error, CustomStringConvertible {
        let code: Int32

        /// As the system words it.
        var description: String { String(cString: gai_strerror(code)) }
    }

    /// Waits for name servers, for half a minute where none answers.
    static func addresses(of host: String, _ port: Int) throws -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_protocol = Int32(IPPROTO_TCP)
        var first: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &first)
        guard code == 0, let first else { throw Failure(code: code) }
        defer { freeaddrinfo(first) }
        return sequence(first: first) { $0.pointee.ai_next }.compactMap { entry in
            guard let address = entry.pointee.ai_addr else { return nil }
            switch entry.pointee.ai_family {
            case AF_INET:
                return address.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    SocketAddress($0.pointee, host: host)
                }
            case AF_INET6:
                return address.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    SocketAddress($0.pointee, host: host)
                }
            default: return nil
            }
        }
    }
}
