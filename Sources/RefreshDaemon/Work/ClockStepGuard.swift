import RefreshCore
import Synchronization

/// Keeps stored moments and the calendar together when the calendar is set.
///
/// Minimum intervals and waits are stored as moments. When the calendar jumps, the scheduler moves them all. Until it
/// has, nothing may be decided from them or written among them. `enter` waits for the move and begins such work,
/// `leave` ends it; the scheduler waits for all work inside before it moves.
package final class ClockStepGuard: Sendable {
    fileprivate struct State {
        var phase = Phase.closed
        /// The calendar of the stored moments; nil while it is unknown.
        var steps = ClockStepWatch()
        /// A step that was detected and is not followed yet.
        var step: Duration?
        /// Whether the next daemon has to follow a step from before the start; the moments' calendar is then unknown.
        var isUnfollowed = false
        var inside = 0
        var moves = 0
        /// When the calendar last went forward by a day or more at once, on the steady clock.
        var leaptAt: Duration?
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    /// The moment at which a caller entered.
    struct Entry {
        /// On the calendar that the stored moments are on.
        let now: Timestamp
        /// What the clocks showed at that moment.
        let reading: ClockReading
    }

    fileprivate enum Phase {
        /// A step from before the start is being followed; no caller enters.
        case catchingUp
        /// The scheduler follows steps by moving the moments.
        case open
        /// Nothing moves the moments.
        case closed
    }

    enum Move: Equatable {
        case none
        /// Callers are inside; the signal is sent when the last one leaves.
        case blocked
        case by(Duration)
    }

    private let state = Mutex(State())
    private let time: any Timekeeping
    private let wakeSignal: WakeSignal
    private let followsSteps: Bool

    /// `wakeSignal` is the scheduler's.
    ///
    /// Without `followsSteps` no caller ever waits and nothing is moved.
    package init(time: any Timekeeping, wakeSignal: WakeSignal, followsSteps: Bool = true) {
        self.time = time
        self.wakeSignal = wakeSignal
        self.followsSteps = followsSteps
    }

    /// From here on callers of `enter` wait, until `caughtUp` or `close`.
    func beginToCatchUp() {
        state.withLock { $0.phase = .catchingUp }
    }

    /// Notes that the stored moments are on the calendar of this reading.
    func caughtUp(with reading: ClockReading) {
        letIn { state in
            state.phase = .closed
            state.steps = ClockStepWatch()
            _ = state.steps.step(at: reading)
        }
    }

    /// From here on steps are detected, including those since `caughtUp`.
    func open() {
        guard followsSteps else { return }
        let reading = time.reading
        state.withLock { state in
            state.phase = .open
            state.look(at: reading)
        }
    }

    /// Leaves a step from before the start, followed in part, to the next daemon.
    func leaveToNext() {
        letIn { state in
            state.phase = .closed
            state.isUnfollowed = true
        }
    }

    /// From here on nothing moves the moments, so no caller waits.
    func close() {
        letIn { state in
            state.phase = .closed
            // Later writes agree with the moments that were not moved; the next daemon finds the step.
            if let step = state.step { state.steps.takeBack(step) }
        }
    }

    /// Applies a change after which no step is to be followed, and lets those in who wait.
    private func letIn(_ change: (inout State) -> Void) {
        let waiters = state.withLock { state in
            change(&state)
            state.step = nil
            defer { state.waiters = [] }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    /// The clocks on the calendar of the stored moments, and how far the displayed calendar is ahead of it.
    ///
    /// Nil while that is unknown. Moments that are being moved count as not moved.
    var stored: (reading: ClockReading, ahead: Duration)? {
        let reading = time.reading
        return state.withLock { state in
            state.look(at: reading)
            guard !state.isUnfollowed, let told = state.steps.now(sinceBoot: reading.sinceBoot) else { return nil }
            let wall = told.advanced(by: .zero - (state.step ?? .zero))
            return (ClockReading(wall: wall, sinceBoot: reading.sinceBoot), wall.duration(to: reading.wall))
        }
    }

    /// Waits until stored moments and calendar agree, and returns that calendar's time; no moment moves until `leave`.
    ///
    /// A caller that has just read the clocks passes the reading as `latest`; they are read again only after a wait.
    func enter(at latest: ClockReading? = nil) async -> Entry {
        var latest = latest
        while true {
            let reading = latest ?? time.reading
            latest = nil
            let now: Timestamp? = state.withLock { state in
                state.look(at: reading)
                guard state.mayEnter else { return nil }
                state.inside += 1
                // While steps are not followed, new writes use the calendar of the moments already stored.
                let theirs = state.phase == .closed ? state.steps.now(sinceBoot: reading.sinceBoot) : nil
                return theirs ?? reading.wall
            }
            if let now { return Entry(now: now, reading: reading) }
            wakeSignal.send()
            await moveEnded()
        }
    }

    // Separate, so that callers that need not wait do not pay for it.
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

    /// Whether the calendar has jumped and the moments have not moved yet.
    var isBehind: Bool {
        let reading = time.reading
        return state.withLock { state in
            state.look(at: reading)
            return state.step != nil
        }
    }

    /// What the scheduler has to do; a move ends with `moved`.
    func nextMove() -> Move {
        let reading = time.reading
        return state.withLock { state in
            state.look(at: reading)
            guard let step = state.step else { return .none }
            return state.inside > 0 ? .blocked : .by(step)
        }
    }

    /// The current time on the calendar that the moments are moved to; it may have jumped again meanwhile.
    var now: Timestamp {
        let reading = time.reading
        return state.withLock { $0.steps.now(sinceBoot: reading.sinceBoot) } ?? reading.wall
    }

    /// Notes that every stored moment has moved.
    func moved() {
        letIn { $0.moves += 1 }
    }

    /// Notes that the calendar changed, now or while no daemon worked.
    func note(_ change: ClockChange) {
        let step: Duration
        switch change {
        case .stepped(let by): step = by
        case .uncertain(let gap): step = gap
        }
        guard step >= Self.leap else { return }
        let uptime = time.uptime
        state.withLock { $0.leaptAt = uptime }
    }

    /// Whether what seems old may be young: the calendar went far forward, and may be set back.
    var isDoubtful: Bool {
        if isBehind { return true }
        let uptime = time.uptime
        return state.withLock { state in state.leaptAt.map { uptime - $0 < Self.probation } ?? false }
    }

    private static let leap = Duration.days(1)
    /// A wrong clock is noticed within this time: calls fail, as no certificate seems valid.
    private static let probation = Duration.days(7)

    /// How often the stored moments have moved: a value read before a move is invalid after it.
    var moves: Int { state.withLock { $0.moves } }
}

extension ClockStepGuard.State {
    fileprivate var mayEnter: Bool { step == nil && phase != .catchingUp }

    /// Detects a step; one that occurs while another is followed is detected after it.
    fileprivate mutating func look(at reading: ClockReading) {
        if phase == .open, step == nil { step = steps.step(at: reading) }
    }
}
