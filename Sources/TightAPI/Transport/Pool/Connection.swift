import NIOCore
import NIOPosix
import Synchronization

/// A connection that can take calls; all of it happens on the pool's event loop.
protocol Connection: AnyObject {
    /// Which connection it is; no two of the process are the same.
    var number: UInt64 { get }

    /// Whether it accepts no more calls and closes when its calls are over.
    var isLeaving: Bool { get }

    /// Gives up the call, if it is here.
    func cancel(_ id: UInt64) -> Bool

    /// Fails the calls whose time is up, closes itself if it was idle for too long or leads nowhere, and says when to
    /// look again.
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

#if canImport(Glibc)
import Glibc
#endif

extension Channel {
    /// Whether nothing has come on its socket that is not read yet: neither bytes, nor the end, nor a reset.
    ///
    /// Asks the kernel, so that it is known before the event loop hears of it. Source: recv(2).
    var isQuiet: Bool {
        // A channel that has no socket, or none any more, finds out in its own way.
        withSocket {
            var byte: UInt8 = 0
            return recv($0, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
        } ?? true
    }

    /// Whether the other side's kernel has not taken for long what was written: the same is sent again and again, or the
    /// kernel asks again and again whether it may send.
    ///
    /// Source: tcp(7), TCP_INFO.
    var isStuck: Bool {
        withSocket {
            var info = tcp_info()
            var size = socklen_t(MemoryLayout<tcp_info>.size)
            return getsockopt($0, Int32(IPPROTO_TCP), TCP_INFO, &info, &size) == 0
                && (info.tcpi_retransmits >= 2 || info.tcpi_probes >= 2)
        } ?? false
    }

    /// Whether the kernel throws away what it could not deliver yet when the socket is closed, also by the end of the
    /// process, and sends a RST in place of a FIN.
    ///
    /// Without that it goes on trying to deliver, and a call would be made after its end. Source: socket(7), SO_LINGER.
    func setTakesBackUnsent(_ isOn: Bool) {
        _ = withSocket {
            var option = linger(l_onoff: isOn ? 1 : 0, l_linger: 0)
            return setsockopt($0, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        }
    }

    /// Closes in order, as TLS has it; or at once and below TLS, whose goodbye would wait for its turn, if a call that was
    /// given up may be on its way.
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
            // It is closed already.
            close(promise: nil)
        }
    }

    /// Nil for a channel that has no socket, or none any more.
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
