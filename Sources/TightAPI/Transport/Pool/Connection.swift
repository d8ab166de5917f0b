import Glibc
import NIOCore
import NIOPosix
import Synchronization

/// A connection that can take calls; used only on the pool's event loop.
protocol Connection: AnyObject {
    /// Identifies the connection within the process.
    var number: UInt64 { get }

    /// Whether it accepts no more calls and closes when the last one ends.
    var isLeaving: Bool { get }

    /// Gives up the call if this connection has it; false otherwise.
    func cancel(_ id: UInt64) -> Bool

    /// Fails calls whose time is up, closes itself if idle for too long or dead, and returns when to check again.
    func expire(_ now: NIODeadline) -> NIODeadline

    /// Flushes pending writes.
    func flush()

    /// Fails its calls and closes.
    func close(_ cause: TransportFailure.Cause)
}

/// Counts the connections of the process.
enum ConnectionNumber {
    private static let latest = Atomic<UInt64>(0)

    /// A number that no other connection has.
    static func next() -> UInt64 {
        latest.add(1, ordering: .relaxed).newValue
    }
}

extension Channel {
    /// Whether its socket has nothing left to read: no bytes, no end and no reset.
    ///
    /// Asks the kernel, so the result is known before the event loop is notified. Source: recv(2).
    var isQuiet: Bool {
        // A channel without a socket, or with a closed one, finds out in its own way.
        withSocket {
            var byte: UInt8 = 0
            return recv($0, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
        } ?? true
    }

    /// Whether the other side's kernel has not accepted written data for long.
    ///
    /// Its data is retransmitted, or the zero window is probed, repeatedly. Source: tcp(7), TCP_INFO.
    var isStuck: Bool {
        withSocket {
            var info = tcp_info()
            var size = socklen_t(MemoryLayout<tcp_info>.size)
            return getsockopt($0, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0
                && (info.tcpi_retransmits >= 2 || info.tcpi_probes >= 2)
        } ?? false
    }

    /// Sets whether closing the socket discards unsent data and sends an RST instead of a FIN.
    ///
    /// This also applies when the process ends. Otherwise the kernel goes on delivering, and a call could be made after
    /// its end. Source: socket(7), SO_LINGER.
    func setTakesBackUnsent(_ isOn: Bool) {
        _ = withSocket {
            var option = linger(l_onoff: isOn ? 1 : 0, l_linger: 0)
            return setsockopt($0, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
    }

    /// Closes in order, with TLS's close_notify; at once and below TLS if a given-up call may be on its way.
    ///
    /// In that case close_notify would wait in the queue behind the call.
    func close(takingBackCalls: Bool) {
        guard takingBackCalls else {
            setTakesBackUnsent(false)
            return close(promise: nil)
        }
        let lowest = LowestHandler()
        do {
            try pipeline.syncOperations.addHandler(lowest, position: .first)
            lowest.context?.close(promise: nil)
        } catch {
            // The channel is already closed.
            close(promise: nil)
        }
    }

    /// Nil for a channel without a socket, or with a closed one.
    private func withSocket<Value>(_ body: (NIOBSDSocket.Handle) -> Value) -> Value? {
        let value = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(
            of: NIOBSDSocket.Handle.self
        ) { body($0) }
        return value ?? nil
    }
}

/// The place next to the socket.
private final class LowestHandler: ChannelOutboundHandler {
    typealias OutboundIn = Never

    private(set) var context: ChannelHandlerContext?

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }
    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }
}
