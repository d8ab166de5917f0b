package import RefreshCore
import RefreshDaemon
import Synchronization

/// A calendar and a steady clock that move only when the test says so.
package final class ManualTime: Timekeeping {
    private typealias Waker = CheckedContinuation<Result<Void, CancellationError>, Never>

    private struct Sleeper {
        /// Where the sleeper waits for a moment of the calendar.
        let moment: Timestamp?
        let waker: Waker
    }

    private struct State {
        var uptime = Duration.zero
        /// What the calendar shows at uptime zero.
        var calendarStart: Timestamp
        var sleepers: [Int: Sleeper] = [:]
        /// Deadlines on the steady clock; those of sleepers that were cancelled meanwhile are passed over.
        var deadlines = DeadlineQueue()
        /// When the machine was booted, on the steady clock, and how often.
        var bootedAt = Duration.zero
        var boots = 1
        var lastID = 0
        var readings = 0
        var cancelled: Set<Int> = []

        var now: Timestamp { calendarStart.advanced(by: uptime) }

        mutating func nextDeadline() -> Duration? {
            while let next = deadlines.first {
                if sleepers[next.id] != nil { return next.deadline }
                deadlines.removeFirst()
            }
            return nil
        }
    }

    private let state: Mutex<State>

    package init(now: Timestamp) {
        state = Mutex(State(calendarStart: now))
    }

    package var now: Timestamp { state.withLock { $0.now } }
    package var uptime: Duration { state.withLock { $0.uptime } }
    package var reading: ClockReading {
        state.withLock { state in
            state.readings += 1
            return ClockReading(wall: state.now, sinceBoot: state.uptime - state.bootedAt)
        }
    }
    /// How often both clocks were read.
    package var readings: Int { state.withLock { $0.readings } }
    package var boot: BootID? {
        let boots = String(state.withLock { $0.boots }, radix: 16)
        return BootID(String(repeating: "0", count: 32 - boots.utf8.count) + boots)
    }

    package func sleep(until deadline: Timestamp, tolerance: Duration) async throws(CancellationError) {
        try await sleep(moment: deadline, duration: nil)
    }

    package func sleep(for duration: Duration) async throws(CancellationError) {
        try await sleep(moment: nil, duration: duration)
    }

    private func sleep(moment: Timestamp?, duration: Duration?) async throws(CancellationError) {
        let id = state.withLock { state in
            state.lastID += 1
            return state.lastID
        }
        let answer = await withTaskCancellationHandler {
            await withCheckedContinuation { (waker: Waker) in
                let answer: Result<Void, CancellationError>? = state.withLock { state in
                    if state.cancelled.remove(id) != nil || Task.isCancelled { return .failure(CancellationError()) }
                    let wait = duration ?? state.now.duration(to: moment ?? state.now)
                    if wait <= .zero { return .success(()) }
                    state.sleepers[id] = Sleeper(moment: moment, waker: waker)
                    state.deadlines.insert(deadline: state.uptime + wait, id: id)
                    return nil
                }
                if let answer { waker.resume(returning: answer) }
            }
        } onCancel: {
            let waker: Waker? = state.withLock { state in
                let sleeper = state.sleepers.removeValue(forKey: id)
                if sleeper == nil { state.cancelled.insert(id) }
                return sleeper?.waker
            }
            waker?.resume(returning: .failure(CancellationError()))
        }
        if case .success = answer { _ = state.withLock { $0.cancelled.remove(id) } }
        try answer.get()
    }

    /// Moves to the earliest deadline up to `end` on the steady clock and wakes whoever waits for it; false when nobody does.
    package func wakeNextSleepers(notAfter end: Duration) -> Bool {
        let wakers: [Waker] = state.withLock { state in
            guard let deadline = state.nextDeadline(), deadline <= end else { return [] }
            state.uptime = max(state.uptime, deadline)
            var wakers: [Waker] = []
            while let next = state.deadlines.first, next.deadline == deadline {
                state.deadlines.removeFirst()
                if let sleeper = state.sleepers.removeValue(forKey: next.id) { wakers.append(sleeper.waker) }
            }
            return wakers
        }
        for waker in wakers { waker.resume(returning: .success(())) }
        return !wakers.isEmpty
    }

    /// The machine starts anew; for when no process runs.
    package func reboot() {
        state.withLock { state in
            state.bootedAt = state.uptime
            state.boots += 1
        }
    }

    package func jump(to uptime: Duration) {
        state.withLock { $0.uptime = max($0.uptime, uptime) }
    }

    /// Sets the calendar forward (or back, when negative); those who wait for a moment of it follow.
    package func step(by step: Duration) {
        state.withLock { state in
            state.calendarStart = state.calendarStart.advanced(by: step)
            let (sleepers, uptime, now) = (state.sleepers, state.uptime, state.now)
            state.deadlines.replaceAll { deadline, id in
                guard let sleeper = sleepers[id] else { return nil }
                return sleeper.moment.map { uptime + max(.zero, now.duration(to: $0)) } ?? deadline
            }
        }
    }
}
