import Synchronization

/// Runs operations one at a time, in the order in which they were requested.
///
/// For operations of several asynchronous steps: two at once could leave store and daemon in different states.
package final class AsyncMutex: Sendable {
    private struct State {
        var isBusy = false
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    package init() {}

    package func run<Answer: Sendable, Failure: Error>(
        _ operation: () async throws(Failure) -> Answer
    ) async throws(Failure) -> Answer {
        await enter()
        defer { leave() }
        return try await operation()
    }

    private func enter() async {
        await withCheckedContinuation { waiter in
            let isFree = state.withLock { state in
                if state.isBusy { state.waiters.append(waiter) }
                defer { state.isBusy = true }
                return !state.isBusy
            }
            if isFree { waiter.resume() }
        }
    }

    private func leave() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard !state.waiters.isEmpty else {
                state.isBusy = false
                return nil
            }
            return state.waiters.removeFirst()
        }
        next?.resume()
    }
}
