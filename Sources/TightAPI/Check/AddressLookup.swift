import Glibc
import NIOCore

/// Finds the addresses of a host as the system does, in the system's order.
enum AddressLookup {
    struct Failure: Error, Equatable {
        /// As the system says it.
        let reason: String
    }

    /// Waits for the resolver; never to be called on an event loop.
    ///
    /// Source: getaddrinfo(3).
    static func addresses(of host: String, port: Int) throws(Failure) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        defer { freeaddrinfo(list) }
        guard code == 0 else {
            throw Failure(
                reason: code == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(code)))
        }
        var addresses: [SocketAddress] = []
        var next = list
        while let info = next?.pointee {
            if let text = text(of: info), let address = try? SocketAddress(ipAddress: text, port: port),
                !addresses.contains(address)
            {
                addresses.append(address)
            }
            next = info.ai_next
        }
        return addresses
    }

    private static func text(of info: addrinfo) -> String? {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(NI_MAXHOST)) { buffer in
            getnameinfo(
                info.ai_addr, info.ai_addrlen, buffer.baseAddress, socklen_t(buffer.count), nil, 0, NI_NUMERICHOST) == 0
                ? buffer.baseAddress.map { String(cString: $0) } : nil
        }
    }
}
