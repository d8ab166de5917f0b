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
        let isQuiet = try? pipeline.syncOperations.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self) {
            var byte: UInt8 = 0
            return recv($0, &byte, 1, Int32(MSG_PEEK | MSG_DONTWAIT)) < 0 && errno == EAGAIN
        }
        // A channel that has no socket, or none any more, finds out in its own way.
        return (isQuiet ?? nil) ?? true
    }
}
