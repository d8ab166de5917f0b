import Foundation
import Glibc
import Synchronization
import Testing

/// Every packet from or to some ports while it is held, as a packet socket sees them: needs root.
///
/// Source: packet(7).
final class LoopbackCapture: Sendable {
    private struct State {
        var bytes = Data()
        var isOver = false
    }

    private let state = Mutex(State())

    /// Ports of TCP or UDP over IPv4.
    init(ports: Set<UInt16>) throws {
        let everyProtocol = Int32(UInt16(0x0003).bigEndian)
        let descriptor = socket(AF_PACKET, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), everyProtocol)
        try #require(descriptor >= 0, "capturing packets needs root: \(String(cString: strerror(errno)))")
        var patience = timeval(tv_sec: 0, tv_usec: 50_000)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        Thread.detachNewThread { [weak self] in
            var buffer = [UInt8](repeating: 0, count: 1 << 17)
            while true {
                let count = recv(descriptor, &buffer, buffer.count, 0)
                guard let self, !state.withLock(\.isOver) else { break }
                if count > 0, Self.concerns(ports, buffer.prefix(count)) {
                    state.withLock { $0.bytes += buffer.prefix(count) }
                }
            }
            close(descriptor)
        }
    }

    /// After 14 bytes of Ethernet an IP header, then the ports.
    ///
    /// Source: RFC 791, RFC 9293.
    private static func concerns(_ ports: Set<UInt16>, _ packet: ArraySlice<UInt8>) -> Bool {
        guard packet.count > 34, packet[14] >> 4 == 4 else { return false }
        let start = 14 + 4 * Int(packet[14] & 0x0F)
        guard packet.count >= start + 4 else { return false }
        return [start, start + 2].contains { ports.contains(UInt16(packet[$0]) << 8 | UInt16(packet[$0 + 1])) }
    }

    /// What was captured so far.
    var bytes: Data { state.withLock(\.bytes) }

    deinit {
        state.withLock { $0.isOver = true }
    }
}
