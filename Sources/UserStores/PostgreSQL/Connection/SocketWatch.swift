import Dispatch
import Glibc

/// Calls `body` when input arrives at a socket, or when its other end is closed, as long as this object exists.
///
/// Watches a duplicate of the descriptor, closed once the watch has ended: libpq closes its own when it finds the
/// connection lost, and the number may then belong to another file.
final class SocketWatch {
    private let source: (any DispatchSourceRead)?

    init(_ socket: Int32, on queue: DispatchQueue, _ body: @escaping @Sendable () -> Void) {
        let copy = fcntl(socket, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else {
            source = nil
            return
        }
        let source = DispatchSource.makeReadSource(fileDescriptor: copy, queue: queue)
        source.setEventHandler { body() }
        source.setCancelHandler { Glibc.close(copy) }
        source.activate()
        self.source = source
    }

    deinit {
        source?.cancel()
    }
}
