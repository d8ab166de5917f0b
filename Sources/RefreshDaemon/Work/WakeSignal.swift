package import RefreshCore
import Synchronization

/// Wakes one sleeper early; a signal that nobody waits for is kept, several count as one.
package final class WakeSignal: Sendable {
    private struct State {
        var isSent = false
        var waiter: CheckedContinuation<Void, Never>?
        /// The wait was cancelled before its continuation was there.
        var isAbandoned = false
        /// What the present sleeper with a deadline waits for.
        var deadline: Timestamp?
        /// The earliest moment that was told while nobody slept.
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

    /// Makes a sleeper with a deadline wake at `moment` at the latest, the present one or the next.
    package func expect(_ moment: Timestamp) {
        let isTooLate = state.withLock { state in
            guard let deadline = state.deadline else {
                state.nextDue = min(state.nextDue ?? moment, moment)
                return false
            }
            return moment < deadline
        }
        // The sleeper finds out itself how long to go on.
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

    /// As `wait`, and returns too when the calendar shows `deadline` or `longest` has passed on the steady clock.
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
