import Synchronization

/// Opens once, or fails once; all waiters, early or late, get the result.
///
/// For servers that others wait on until they listen.
package final class ReadinessLatch: Sendable {
    private struct State {
        var result: Result<Void, any Error>?
        var waiters: [WakeSignal] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Later calls change nothing.
    package func settle(_ result: Result<Void, any Error>) {
        let waiters = state.withLock { state in
            state.result = state.result ?? result
            return exchange(&state.waiters, with: [])
        }
        for waiter in waiters { waiter.send() }
    }

    /// Throws the error that the latch failed with, or `CancellationError` when the task is cancelled first.
    package func wait() async throws {
        let settled = WakeSignal()
        let isWaiting = state.withLock { state in
            if state.result == nil { state.waiters.append(settled) }
            return state.result == nil
        }
        if isWaiting { await settled.wait() }
        guard let result = state.withLock(\.result) else { throw CancellationError() }
        try result.get()
    }
}
