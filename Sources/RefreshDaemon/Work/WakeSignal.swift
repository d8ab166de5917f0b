package import RefreshCore
import Synchronization

/// Wakes one sleeper early; a signal sent while none waits is kept, and several count as one.
package final class WakeSignal: Sendable {
    private struct State {
        var isSent = false
        var waiter: CheckedContinuation<Void, Never>?
        /// The wait was cancelled before its continuation was stored.
        var isAbandoned = false
        /// The deadline of the present sleeper, if it has one.
        var deadline: Timestamp?
        /// The earliest moment passed to `expect` while none slept.
        var nextDue: Timestamp?
    }

    private let state = Mutex(State())

    package init() {}

    package func send() {
        let waiter = state.withLock { state in
            state.isSent = state.waiter == nil
            defer { state.waiter = nil }
            return state.waiter
        }
        waiter?.resume()
    }

    /// Makes a sleeper with a deadline, the present or the next one, wake at `moment` at the latest.
    package func expect(_ moment: Timestamp) {
        let isTooLate = state.withLock { state in
            guard let deadline = state.deadline else {
                state.nextDue = min(state.nextDue ?? moment, moment)
                return false
            }
            return moment < deadline
        }
        // The sleeper itself determines how long to go on sleeping.
        if isTooLate { send() }
    }

    /// Returns when sent or cancelled; one caller at a time.
    func wait() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { waiter in
                let isOver = state.withLock { state in
                    if state.isSent || state.isAbandoned {
                        state.isSent = false
                        return true
                    }
                    state.waiter = waiter
                    return false
                }
                if isOver { waiter.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.isAbandoned = state.waiter == nil
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
        state.withLock { $0.isAbandoned = false }
    }

    /// As `wait`, but also returns when the calendar shows `deadline` or `longest` has passed on the steady clock.
    package func wait(until deadline: Timestamp, atMost longest: Duration, on time: any Timekeeping) async {
        let deadline = state.withLock { state in
            let earliest = min(deadline, state.nextDue ?? deadline)
            state.nextDue = nil
            state.deadline = earliest
            return earliest
        }
        defer { state.withLock { $0.deadline = nil } }
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.wait() }
            if deadline < .distantFuture {
                group.addTask { try? await time.sleep(until: deadline, tolerance: .milliseconds(1)) }
            }
            group.addTask { try? await time.sleep(for: longest) }
            await group.next()
            group.cancelAll()
        }
    }
}
