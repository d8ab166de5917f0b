import RefreshCore
import Synchronization

/// Leaves marks of the clocks in the store while moments and calendar agree, so that the next daemon can tell what
/// happened to them meanwhile.
final class ClockMarker: Sendable {
    private struct State {
        /// The one in the store.
        var mark: ClockMark?
        var longestGap = Duration.zero
        var lastLeft: Duration?
    }

    private let state = Mutex(State())
    private let store: any UserStore
    private let clockGuard: ClockStepGuard
    private let time: any Timekeeping

    init(store: any UserStore, clockGuard: ClockStepGuard, time: any Timekeeping) {
        self.store = store
        self.clockGuard = clockGuard
        self.time = time
    }

    /// The mark of the daemon before, and what became of the clocks since, read at `reading`.
    func compare(with reading: ClockReading) async throws(StoreProblem) -> (mark: ClockMark?, change: ClockChange?) {
        let mark = try await store.clockMark()
        state.withLock { state in
            state.mark = mark
            state.longestGap = mark.map { max($0.longestGap, $0.gap(until: reading, boot: time.boot)) } ?? .zero
        }
        return (mark, mark?.change(until: reading, boot: time.boot))
    }

    /// The stored moments are about to move, and whoever dies meanwhile leaves some moved and some not.
    func beginMove() async throws(StoreProblem) {
        guard var mark = state.withLock({ $0.mark }), !mark.isMoving else { return }
        mark.isMoving = true
        try await leave(mark)
    }

    /// Leaves a mark, unless the calendar jumped and the moments did not yet.
    func leave() async throws(StoreProblem) {
        guard let reading = clockGuard.agreed else { return }
        let longestGap = state.withLock { $0.longestGap }
        try await leave(ClockMark(reading: reading, boot: time.boot, longestGap: longestGap))
    }

    /// As `leave`, once a minute: so a store that nobody writes to is found out too.
    func leaveInPassing() async throws(StoreProblem) {
        let uptime = time.uptime
        let isDue = state.withLock { state in
            if let last = state.lastLeft, uptime - last < ClockMark.interval { return false }
            state.lastLeft = uptime
            return true
        }
        if isDue { try await leave() }
    }

    private func leave(_ mark: ClockMark) async throws(StoreProblem) {
        try await store.setClockMark(mark)
        state.withLock { $0.mark = mark }
    }
}
