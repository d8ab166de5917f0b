import GRDB
import Synchronization

/// Ends a copy from another thread: between two stretches of copying, or in the middle of the check.
final class CopyCancellation: Sendable {
    private struct State {
        var isCancelled = false
        var checking: DatabaseQueue?
    }

    private let state = Mutex(State())

    var isCancelled: Bool { state.withLock { $0.isCancelled } }

    func cancel() {
        state.withLock { state in
            state.isCancelled = true
            state.checking?.interrupt()
        }
    }

    /// Lets the check that this connection is about to make be ended; throws where that has come already.
    func cover(_ queue: DatabaseQueue) throws {
        try state.withLock { state in
            if state.isCancelled { throw CancellationError() }
            state.checking = queue
        }
    }
}
