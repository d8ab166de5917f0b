import RefreshCore
import Synchronization

/// Users leased a little before their calls may begin, so that one transaction serves many calls, and a call that ends
/// makes way for the next without the scheduler.
///
/// No more than are called within a few milliseconds at the present pace: what a crash would have to take for calls
/// whose fate is unknown is hardly more than without.
package final class PrefetchedLeases: Sendable {
    /// For how long to lease ahead.
    private static let span = Duration.milliseconds(20)
    /// How long they may wait for their calls; then others shall have them.
    private static let patience = Duration.milliseconds(200)

    fileprivate struct Waiting {
        let user: LeasedUser
        /// How often the stored moments had moved by then.
        let moves: Int
        /// On the steady clock.
        let leasedAt: Duration
        /// As in `AdmittedCall`.
        let beginBy: Duration?
    }

    private struct State {
        var waiting: [Waiting] = []
        /// Those of `waiting` that were taken.
        var taken = 0
        var lastLease = Duration.zero
        /// Calls begun since the last lease.
        var begun = 0
        /// So few left that more should be leased; zero when they were few to begin with.
        var low = 0
        /// An obstacle that no call's end removes: the scheduler knows when to go on.
        var isLeftToScheduler = false

        var count: Int { waiting.count - taken }

        mutating func take() -> Waiting? {
            guard taken < waiting.count else { return nil }
            defer {
                taken += 1
                begun += 1
                if taken == waiting.count {
                    waiting.removeAll(keepingCapacity: true)
                    taken = 0
                }
            }
            return waiting[taken]
        }
    }

    private let state = Mutex(State())
    private let gate: AdmissionGate
    private let wakeSignal: WakeSignal
    private let time: any Timekeeping

    /// `wakeSignal` is the scheduler's: sent when few are left, and when none is.
    package init(gate: AdmissionGate, wakeSignal: WakeSignal, time: any Timekeeping) {
        self.gate = gate
        self.wakeSignal = wakeSignal
        self.time = time
    }

    var count: Int { state.withLock { $0.count } }

    var isLow: Bool { state.withLock { $0.count <= $0.low } }

    /// When the first has waited long enough, on the steady clock; nil when nobody waits.
    var expiry: Duration? {
        state.withLock { state in
            state.count > 0 ? state.waiting[state.taken].leasedAt + Self.patience : nil
        }
    }

    /// How many to lease beyond those that may be called at once.
    func room(requestsPerSecond: Double) -> Int {
        let uptime = time.uptime
        return state.withLock { state in
            let elapsed = max(.milliseconds(1), uptime - state.lastLease)
            let pace = min(requestsPerSecond, Double(state.begun) / (elapsed / .seconds(1)))
            return max(0, Int(min(pace * (Self.span / .seconds(1)), Double(Scheduler.batchLimit))))
        }
    }

    /// Takes in users who were just leased.
    func keep(_ users: some Sequence<LeasedUser>, moves: Int, beginBy: Duration?) {
        let uptime = time.uptime
        state.withLock { state in
            state.waiting.removeFirst(state.taken)
            state.taken = 0
            state.waiting += users.map { Waiting(user: $0, moves: moves, leasedAt: uptime, beginBy: beginBy) }
            state.low = state.waiting.count / 4
            state.lastLease = uptime
            state.begun = 0
        }
    }

    /// The scheduled call that may begin now that another has ended, if somebody waits for one.
    func next() -> AdmittedCall? {
        let uptime = time.uptime
        let (call, rings) = state.withLock { state -> (AdmittedCall?, Bool) in
            guard state.count > 0, !state.isLeftToScheduler,
                uptime < state.waiting[state.taken].leasedAt + Self.patience
            else { return (nil, false) }
            switch gate.reserve(upTo: 1, forSchedule: false) {
            case .refused(.concurrency), .refused(.slowStart): return (nil, false)
            case .refused:
                state.isLeftToScheduler = true
                return (nil, true)
            case .begun(let ticket, _):
                let next = state.take()
                return (next.map { AdmittedCall($0, ticket: ticket) }, state.count == state.low || state.count == 0)
            }
        }
        if rings { wakeSignal.send() }
        return call
    }

    /// From here on calls that end make way again, after an obstacle that only the scheduler could wait for.
    func leaveToCalls() {
        state.withLock { $0.isLeftToScheduler = false }
    }

    /// Calls with the `ticket` for those who have waited longest, at most `count`.
    func take(_ count: Int, ticket: Admission.Ticket) -> [AdmittedCall] {
        state.withLock { state in
            (0..<count).compactMap { _ in state.take().map { AdmittedCall($0, ticket: ticket) } }
        }
    }

    /// Nobody waits any more; the leases are to be handed back.
    func giveUp() -> [Lease] {
        state.withLock { state in
            defer {
                state.waiting = []
                state.taken = 0
                state.isLeftToScheduler = false
            }
            return state.waiting[state.taken...].map(\.user.lease)
        }
    }
}

extension AdmittedCall {
    fileprivate init(_ waiting: PrefetchedLeases.Waiting, ticket: Admission.Ticket) {
        self.init(
            leased: waiting.user, ticket: ticket, trigger: .schedule, moves: waiting.moves, beginBy: waiting.beginBy,
            completion: nil)
    }
}

/// Leases that nothing will be settled under, until the store has taken them back.
package final class LeaseReturns: Sendable {
    private let leases = Mutex<[Lease]>([])
    private let wakeSignal: WakeSignal

    /// `wakeSignal` is the scheduler's, who hands them back at its next turn, and again while the store refuses.
    package init(wakeSignal: WakeSignal) {
        self.wakeSignal = wakeSignal
    }

    func add(_ more: some Sequence<Lease>) {
        leases.withLock { $0 += more }
    }

    /// As `add`, and has the scheduler see to it now.
    func handBack(_ lease: Lease) {
        add([lease])
        wakeSignal.send()
    }

    func release(to store: any UserStore) async throws(StoreProblem) {
        let waiting = leases.withLock { $0 }
        guard !waiting.isEmpty else { return }
        try await store.release(waiting)
        leases.withLock { $0.removeFirst(waiting.count) }
    }
}
