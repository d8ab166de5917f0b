import RefreshCore
import Synchronization

/// Keeps stored moments and the calendar together when the calendar is set.
///
/// Minimum intervals and waits are stored as moments. When the calendar jumps, the scheduler moves them all; until it
/// has, nothing may be decided from them or written among them. `enter` waits for that and `leave` ends it; the scheduler waits for
/// those inside before it moves.
package final class ClockStepGuard: Sendable {
    fileprivate struct State {
        var phase = Phase.closed
        /// What the calendar of the stored moments is; nil while nobody knows.
        var steps: ClockStepWatch?
        /// Told by the watch, not yet followed.
        var step: Duration?
        /// Whether what happened while no daemon ran was left to the next one: then nobody knows the moments' calendar.
        var isUnfollowed = false
        var inside = 0
        var moves = 0
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// The moment at which somebody entered.
    struct Entry {
        /// On the calendar that the stored moments are on.
        let now: Timestamp
        /// What the clocks showed then.
        let reading: ClockReading
    }

    fileprivate enum Phase {
        /// What happened while no daemon ran is being followed: nobody enters.
        case catchingUp
        /// The scheduler moves the moments.
        case open
        /// There is nobody who would.
        case closed
    }

    enum Move: Equatable {
        case none
        /// Somebody is inside; the signal is sent when the last one left.
        case blocked
        case by(Duration)
    }

    private let state = Mutex(State())
    private let time: any Timekeeping
    private let wakeSignal: WakeSignal
    private let followsSteps: Bool

    /// `wakeSignal` is the scheduler's.
    ///
    /// Without `followsSteps` nobody ever waits and nothing is moved.
    package init(time: any Timekeeping, wakeSignal: WakeSignal, followsSteps: Bool = true) {
        self.time = time
        self.wakeSignal = wakeSignal
        self.followsSteps = followsSteps
    }

    /// From here on whoever enters waits, until `caughtUp` or `close`.
    func beginToCatchUp() {
        state.withLock { $0.phase = .catchingUp }
    }

    /// The stored moments are on the calendar of this reading.
    func caughtUp(with reading: ClockReading) {
        end(as: .closed) { state in
            var steps = ClockStepWatch()
            _ = steps.step(at: reading)
            state.steps = steps
        }
    }

    /// From here on steps are told, those since `caughtUp` too.
    func open() {
        guard followsSteps else { return }
        let reading = time.reading
        state.withLock { state in
            state.phase = .open
            if state.steps == nil {
                var steps = ClockStepWatch()
                _ = steps.step(at: reading)
                state.steps = steps
            }
        }
    }

    /// What happened while no daemon ran is left, half followed, to the next one.
    func leaveToNext() {
        end(as: .closed) { $0.isUnfollowed = true }
    }

    /// From here on nobody moves anything, so nobody waits.
    func close() {
        end(as: .closed) { state in
            guard let step = state.step else { return }
            // What is still written stands with the moments that were not moved: the next daemon finds the step.
            state.steps?.takeBack(step)
        }
    }

    private func end(as phase: Phase, _ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            state.phase = phase
            state.step = nil
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The clocks, on the calendar that the stored moments are on, and how far the one that shows is ahead of it.
    ///
    /// Nil while nobody knows. Moments that are being moved count as not moved.
    var stored: (reading: ClockReading, ahead: Duration)? {
        let reading = time.reading
        return state.withLock { state in
            state.look(at: reading)
            guard !state.isUnfollowed, let told = state.steps?.now(sinceBoot: reading.sinceBoot) else { return nil }
            let wall = told.advanced(by: .zero - (state.step ?? .zero))
            return (ClockReading(wall: wall, sinceBoot: reading.sinceBoot), wall.duration(to: reading.wall))
        }
    }

    /// Returns when stored moments and the calendar agree, with what theirs shows; nobody moves them until `leave`.
    ///
    /// Who has just read the clocks hands in what they showed: they are read again only after a wait.
    func enter(at latest: ClockReading? = nil) async -> Entry {
        var latest = latest
        while true {
            let reading = latest ?? time.reading
            latest = nil
            let now: Timestamp? = state.withLock { state in
                state.look(at: reading)
                guard state.mayEnter else { return nil }
                state.inside += 1
                // Where nobody follows steps, what is written stands with the moments that are.
                let theirs = state.phase == .closed ? state.steps?.now(sinceBoot: reading.sinceBoot) : nil
                return theirs ?? reading.wall
            }
            if let now { return Entry(now: now, reading: reading) }
            wakeSignal.send()
            await moveEnded()
        }
    }

    // Apart, so that those who need not wait pay for nothing of it.
    @inline(never)
    private func moveEnded() async {
        await withCheckedContinuation { waiter in
            let isOver = state.withLock { state in
                if !state.mayEnter { state.waiters.append(waiter) }
                return state.mayEnter
            }
            if isOver { waiter.resume() }
        }
    }

    func leave() {
        let isAwaited = state.withLock { state in
            state.inside -= 1
            return state.inside == 0 && state.step != nil
        }
        if isAwaited { wakeSignal.send() }
    }

    /// Whether the calendar jumped and the moments did not yet.
    var isBehind: Bool {
        let reading = time.reading
        return state.withLock { state in
            state.look(at: reading)
            return state.step != nil
        }
    }

    /// What the scheduler has to do; ends with `moved` where it is a move.
    func nextMove() -> Move {
        let reading = time.reading
        return state.withLock { state in
            state.look(at: reading)
            guard let step = state.step else { return .none }
            return state.inside > 0 ? .blocked : .by(step)
        }
    }

    /// Now, on the calendar that the moments are moved to: it may have jumped again meanwhile.
    var now: Timestamp {
        let reading = time.reading
        return state.withLock { $0.steps?.now(sinceBoot: reading.sinceBoot) } ?? reading.wall
    }

    /// Every stored moment has moved.
    func moved() {
        let waiters = state.withLock { state in
            state.step = nil
            state.moves += 1
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// How often the stored moments moved: what was read before a move does not hold after it.
    var moves: Int { state.withLock { $0.moves } }
}

extension ClockStepGuard.State {
    fileprivate var mayEnter: Bool { step == nil && phase != .catchingUp }

    /// A step that comes while another is followed is told after it.
    fileprivate mutating func look(at reading: ClockReading) {
        if phase == .open, step == nil { step = steps?.step(at: reading) }
    }
}
