import RefreshCore
import Synchronization

/// Follows what the clocks did while no daemon ran, before anything is decided or written.
struct ClockCatchUp {
    let store: any UserStore
    let marker: ClockMarker
    let clockGuard: ClockStepGuard
    let settings: LiveSettings
    let time: any Timekeeping
    let events: any EventReporting

    /// Moves the stored moments as needed, calling `progress` after each step.
    ///
    /// A stop during the move leaves the rest to the next start.
    ///
    /// Throws what the store throws.
    func run(unless isStopped: () -> Bool, _ progress: () -> Void) async throws(StoreProblem) {
        clockGuard.beginToCatchUp()
        do {
            let reading = time.reading
            let (mark, change) = try await marker.compare(with: reading)
            if let change {
                events.report(Event(change))
                clockGuard.note(change)
                try await marker.beginMove(by: change, at: reading)
                guard try await move(by: change, now: reading.wall, unless: isStopped, progress) else {
                    return clockGuard.leaveToNext()
                }
            }
            clockGuard.caughtUp(with: base(of: mark, change, at: reading))
            try await marker.leave()
        } catch {
            clockGuard.close()
            throw error
        }
    }

    /// The reading that defines the stored moments' calendar from here on.
    ///
    /// Steps below the tolerance add up over restarts too; a step that was followed in part is not followed again.
    private func base(of mark: ClockMark?, _ change: ClockChange?, at reading: ClockReading) -> ClockReading {
        guard change == nil, let mark, !mark.isMoving, mark.isComparable(to: reading, boot: time.boot) else {
            return reading
        }
        return mark.reading
    }

    /// Returns whether the move was completed.
    private func move(
        by change: ClockChange, now: Timestamp, unless isStopped: () -> Bool, _ progress: () -> Void
    ) async throws(StoreProblem) -> Bool {
        var place: Place?
        repeat {
            if isStopped() { return false }
            place = try await store.rewrite(after: place, limit: 1_000) { [settings] user in
                let policy = settings.value.policies.policy(for: user)
                let next = NextStep.after(change, user, policy: policy, now: now)
                return next == user ? nil : next
            }
            progress()
        } while place != nil
        return true
    }
}

extension Event {
    fileprivate init(_ change: ClockChange) {
        switch change {
        case .stepped(let step): self = .clockStepped(by: step)
        case .uncertain(let gap): self = .clockUncertain(gap: gap)
        }
    }
}

/// Writes marks of the clocks to the store, so that the next daemon can tell what happened to the clocks meanwhile.
final class ClockMarker: Sendable {
    private struct State {
        /// The mark that is in the store.
        var mark: ClockMark?
        var longestGap = Duration.zero
        var isMoving = false
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

    /// The previous daemon's mark, and what happened to the clocks from then until `reading`.
    func compare(with reading: ClockReading) async throws(StoreProblem) -> (mark: ClockMark?, change: ClockChange?) {
        let mark = try await store.clockMark()
        state.withLock { state in
            state.mark = mark
            state.longestGap = mark?.longestGap(until: reading, boot: time.boot) ?? .zero
        }
        return (mark, mark?.change(until: reading, boot: time.boot))
    }

    /// Notes that the calendar was set while this daemon works.
    func stepped(by step: Duration) {
        state.withLock { $0.longestGap = ClockMark.longestGap($0.longestGap, after: step) }
        clockGuard.note(.stepped(by: step))
    }

    /// Marks that a move begins, or that every stored moment has moved: a crash in between leaves some that have not.
    func leave(isMoving: Bool) async throws(StoreProblem) {
        state.withLock { $0.isMoving = isMoving }
        try await leave()
    }

    /// Marks that a move begins, for the change that `compare` found at `reading`.
    func beginMove(by change: ClockChange, at reading: ClockReading) async throws(StoreProblem) {
        let (found, longestGap) = state.withLock { ($0.mark, $0.longestGap) }
        guard var mark = found else { return }
        mark.isMoving = true
        if case .stepped(let step) = change {
            // The step is certain at this point; after a reboot it may never be again.
            let before = ClockReading(wall: reading.wall.advanced(by: .zero - step), sinceBoot: reading.sinceBoot)
            mark = ClockMark(reading: before, boot: time.boot, longestGap: longestGap, isMoving: true, ahead: step)
        }
        try await leave(mark)
    }

    /// Writes a mark, once the calendar of the stored moments is known.
    func leave() async throws(StoreProblem) {
        guard let stored = clockGuard.stored else { return }
        let (longestGap, isMoving) = state.withLock { ($0.longestGap, $0.isMoving) }
        try await leave(
            ClockMark(
                reading: stored.reading, boot: time.boot, longestGap: longestGap, isMoving: isMoving,
                ahead: stored.ahead))
    }

    /// As `leave`, at most once a minute; this also detects a failing store when nothing else is written.
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
