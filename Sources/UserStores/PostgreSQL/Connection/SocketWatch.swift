import Dispatch
import Glibc

/// Calls when something arrives at a socket, or its other end is closed.
///
/// Watches a copy of the descriptor, closed once the watch has ended: libpq closes its own whenever it finds the connection
/// lost, and the number may be another file's at once.
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

    func end() { source?.cancel() }

    deinit {
        source?.cancel()
    }
}
