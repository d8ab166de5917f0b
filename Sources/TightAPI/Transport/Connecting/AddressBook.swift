import NIOCore
import NIOPosix

/// Knows the addresses of one host: looks them up, and remembers which of them led nowhere.
///
/// Confined to its event loop. One lookup serves all waiting connections: a name server that does not answer blocks one
/// thread, not one per connection.
final class AddressBook {
    /// Finds the addresses of a host, the best first; may wait.
    typealias Lookup = @Sendable (_ host: String, _ port: Int) throws -> [SocketAddress]

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

    /// A connection to this address was made after those before it in the order were tried.
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
