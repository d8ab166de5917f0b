package import RefreshCore
import RefreshDaemon
import Synchronization

/// A calendar and a steady clock that move only when the test says so.
package final class ManualTime: Timekeeping {
    private typealias Waker = CheckedContinuation<Void, any Error>

    private struct Sleeper {
        let id: Int
        /// On the steady clock.
        var deadline: Duration
        /// Where the sleeper waits for a moment of the calendar.
        let moment: Timestamp?
        let waker: Waker
    }

    private struct State {
        var uptime = Duration.zero
        /// What the calendar shows at uptime zero.
        var calendarStart: Timestamp
        /// The next to wake is last.
        var sleepers: [Sleeper] = []
        var lastID = 0
        var cancelled: Set<Int> = []

        var now: Timestamp { calendarStart.advanced(by: uptime) }

        mutating func insert(_ sleeper: Sleeper) {
            var low = 0
            var high = sleepers.count
            while low < high {
                let middle = (low + high) / 2
                // Those with the same deadline wake in the order they went to sleep.
                if sleepers[middle].deadline > sleeper.deadline { low = middle + 1 } else { high = middle }
            }
            sleepers.insert(sleeper, at: low)
        }
    }

    private let state: Mutex<State>

    package init(now: Timestamp) {
        state = Mutex(State(calendarStart: now))
    }

    package var now: Timestamp { state.withLock { $0.now } }
    package var uptime: Duration { state.withLock { $0.uptime } }
    package var reading: ClockReading { state.withLock { ClockReading(wall: $0.now, sinceBoot: $0.uptime) } }

    package func sleep(until deadline: Timestamp, tolerance: Duration) async throws {
        try await sleep(moment: deadline, duration: nil)
    }

    package func sleep(for duration: Duration) async throws {
        try await sleep(moment: nil, duration: duration)
    }

    private func sleep(moment: Timestamp?, duration: Duration?) async throws {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (waker: Waker) in
                let answer: Result<Void, any Error>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil || Task.isCancelled { return .failure(CancellationError()) }
                    let wait = duration ?? state.now.duration(to: moment ?? state.now)
                    if wait <= .zero { return .success(()) }
                    state.insert(Sleeper(id: id, deadline: state.uptime + wait, moment: moment, waker: waker))
                    return nil
                }
                if let answer { waker.resume(with: answer) }
            }
        } onCancel: {
            let waker: Waker? = state.withLock { state in
                guard let index = state.sleepers.firstIndex(where: { $0.id == id }) else {
                    state.cancelled.insert(id)
                    return nil
                }
                return state.sleepers.remove(at: index).waker
            }
            waker?.resume(throwing: CancellationError())
        }
        _ = state.withLock { $0.cancelled.remove(id) }
    }

    /// Moves to the earliest deadline up to `end` on the steady clock and wakes whoever waits for it; false when nobody does.
    package func wakeNextSleepers(notAfter end: Duration) -> Bool {
        let wakers: [Waker] = state.withLock { state in
            guard let deadline = state.sleepers.last?.deadline, deadline <= end else { return [] }
            state.uptime = max(state.uptime, deadline)
            var wakers: [Waker] = []
            while let next = state.sleepers.last, next.deadline == deadline {
                wakers.append(next.waker)
                state.sleepers.removeLast()
            }
            return wakers
        }
        for waker in wakers { waker.resume() }
        return !wakers.isEmpty
    }

    package func jump(to uptime: Duration) {
        state.withLock { $0.uptime = max($0.uptime, uptime) }
    }

    /// Sets the calendar forward (or back, when negative); those who wait for a moment of it follow.
    package func step(by step: Duration) {
        state.withLock { state in
            state.calendarStart = state.calendarStart.advanced(by: step)
            let sleepers = state.sleepers.reversed()
            state.sleepers = []
            for var sleeper in sleepers {
                if let moment = sleeper.moment {
                    sleeper.deadline = state.uptime + max(.zero, state.now.duration(to: moment))
                }
                state.insert(sleeper)
            }
        }
    }
}
