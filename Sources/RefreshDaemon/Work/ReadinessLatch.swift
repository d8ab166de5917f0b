import Synchronization

/// Opens once, or fails once; all waiters, early or late, get the result.
///
/// For servers that others wait on until they listen.
package final class ReadinessLatch: Sendable {
    private enum State {
        case waiting([Int: CheckedContinuation<Void, any Error>], next: Int)
        case settled(Result<Void, any Error>)
    }

    private let state = Mutex(State.waiting([:], next: 0))

    package init() {}

    /// Later calls change nothing.
    package func settle(_ result: Result<Void, any Error>) {
        let waiters = state.withLock { state -> [CheckedContinuation<Void, any Error>] in
            guard case .waiting(let waiters, _) = state else { return [] }
            state = .settled(result)
            return Array(waiters.values)
        }
        for waiter in waiters { waiter.resume(with: result) }
    }

    /// Throws the error that the latch failed with, or `CancellationError` when the task is cancelled first.
    package func wait() async throws {
        let ticket = state.withLock { state -> Int in
            guard case .waiting(let waiters, let next) = state else { return 0 }
            state = .waiting(waiters, next: next + 1)
            return next
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    switch state {
                    case .settled(let result): return result
                    case .waiting where Task.isCancelled: return .failure(CancellationError())
                    case .waiting(var waiters, let next):
                        waiters[ticket] = continuation
                        state = .waiting(waiters, next: next)
                        return nil
                    }
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
                guard case .waiting(var waiters, let next) = state else { return nil }
                let waiter = waiters.removeValue(forKey: ticket)
                state = .waiting(waiters, next: next)
                return waiter
            }
            waiter?.resume(throwing: CancellationError())
        }
    }
}
