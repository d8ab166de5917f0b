import NIOCore

/// Which addresses of a host are better tried last.
struct AddressSuspicion {
    /// How long an address counts as dead.
    ///
    /// After that it is tried in order again, which costs one connection a quarter of a second if the address is still
    /// dead.
    static let length = TimeAmount.minutes(5)

    private var ends: [SocketAddress: NIODeadline] = [:]

    mutating func note(_ address: SocketAddress, _ now: NIODeadline) {
        ends[address] = now + Self.length
    }

    mutating func clear(_ address: SocketAddress) {
        ends[address] = nil
    }

    /// The addresses with suspected ones last; among the others, families alternate.
    ///
    /// Source: RFC 8305 section 4.
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
