import Glibc
package import NIOCore
import NIOPosix

/// The addresses of one host: looks them up, and remembers which of them failed.
///
/// Confined to its event loop. One lookup serves all waiting connections: a name server that does not answer blocks one
/// thread, not one per connection.
package final class AddressBook {
    /// Finds the addresses of a host, the best first; may block.
    package typealias Lookup = @Sendable (_ host: String, _ port: Int) throws -> [SocketAddress]

    private let host: String
    private let port: Int
    private let lookup: Lookup
    private let eventLoop: any EventLoop
    private var underWay: EventLoopFuture<[SocketAddress]>?
    private var suspicion = AddressSuspicion()

    init(host: String, port: Int, lookup: @escaping Lookup, eventLoop: any EventLoop) {
        self.host = host
        self.port = port
        self.lookup = lookup
        self.eventLoop = eventLoop
    }

    /// The addresses in the order in which to try them.
    func find() -> EventLoopFuture<[SocketAddress]> {
        let found = underWay ?? lookUp()
        return found.assumeIsolated().map { self.suspicion.order($0, .now()) }.nonisolated()
    }

    private func lookUp() -> EventLoopFuture<[SocketAddress]> {
        let found = NIOThreadPool.singleton.runIfActive(eventLoop: eventLoop) { [lookup, host, port] in
            try lookup(host, port)
        }
        underWay = found
        found.assumeIsolated().whenComplete { _ in self.underWay = nil }
        return found
    }

    /// A connection to this address succeeded after those before it in the order were tried.
    func reached(_ address: SocketAddress?, in order: [SocketAddress]) {
        guard let address, let place = order.firstIndex(of: address) else { return }
        for other in order[..<place] { suspicion.note(other, .now()) }
        suspicion.clear(address)
    }

    /// A connection to this address led nowhere.
    func suspect(_ address: SocketAddress?) {
        if let address { suspicion.note(address, .now()) }
    }
}

/// Which addresses of a host are tried last.
struct AddressSuspicion {
    /// How long an address counts as dead.
    ///
    /// Afterwards it is tried in order again; if it is still dead, that delays one connection by a quarter of a second.
    static let length = TimeAmount.minutes(5)

    private var ends: [SocketAddress: NIODeadline] = [:]

    mutating func note(_ address: SocketAddress, _ now: NIODeadline) {
        ends[address] = now + Self.length
    }

    mutating func clear(_ address: SocketAddress) {
        ends[address] = nil
    }

    /// The addresses, with suspected ones last; within each part, address families alternate.
    mutating func order(_ addresses: [SocketAddress], _ now: NIODeadline) -> [SocketAddress] {
        ends = ends.filter { $0.value > now && addresses.contains($0.key) }
        let good = addresses.filter { ends[$0] == nil }
        return Self.alternating(good) + Self.alternating(addresses.filter { ends[$0] != nil })
    }

    private static func alternating(_ addresses: [SocketAddress]) -> [SocketAddress] {
        let family = addresses.first?.protocol
        var first = addresses.filter { $0.protocol == family }[...]
        var second = addresses.filter { $0.protocol != family }[...]
        var ordered: [SocketAddress] = []
        while let address = first.popFirst() {
            ordered.append(address)
            if let other = second.popFirst() { ordered.append(other) }
        }
        return ordered + second
    }
}

/// Asks the system for the addresses of a host, in the order of RFC 6724.
///
/// Source: getaddrinfo(3).
package enum SystemLookup {
    /// The error code of getaddrinfo(3) that says why there are no addresses.
    struct Failure: Error, CustomStringConvertible {
        let code: Int32

        /// The system's text.
        var description: String { String(cString: gai_strerror(code)) }
    }

    /// Blocks until the name servers answer: up to half a minute if none does.
    package static func addresses(of host: String, _ port: Int) throws -> [SocketAddress] {
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
