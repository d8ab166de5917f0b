import RefreshCore
import Synchronization

/// Users leased shortly before their calls may begin.
///
/// One transaction thus serves many calls, and a call that ends makes way for the next without the scheduler. Only as
/// many users are leased as are called within milliseconds at the present pace, so a crash makes hardly more outcomes
/// unknown than without prefetching.
package final class PrefetchedLeases: Sendable {
    /// How far ahead to lease.
    private static let span = Duration.milliseconds(20)
    /// How long leased users may wait for their calls before they are handed back.
    private static let patience = Duration.milliseconds(200)

    fileprivate struct Waiting {
        let user: LeasedUser
        /// How often the stored moments had moved when the user was leased.
        let moves: Int
        /// On the steady clock.
        let leasedAt: Duration
        /// As in `AdmittedCall`.
        let beginBy: Duration?
    }

    private struct State {
        var waiting: [Waiting] = []
        /// How many of `waiting` were taken.
        var taken = 0
        var lastLease = Duration.zero
        /// Calls begun since the last lease.
        var begun = 0
        /// The count at which more should be leased; zero when few were leased to begin with.
        var low = 0
        /// Whether an obstacle holds that the end of a call does not remove: the scheduler knows when to go on.
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

    /// `wakeSignal` is the scheduler's, sent when few users are left, and when none are.
    package init(gate: AdmissionGate, wakeSignal: WakeSignal, time: any Timekeeping) {
        self.gate = gate
        self.wakeSignal = wakeSignal
        self.time = time
    }

    var count: Int { state.withLock { $0.count } }

    var isLow: Bool { state.withLock { $0.count <= $0.low } }

    /// When the first user has waited long enough, on the steady clock; nil when no user waits.
    var expiry: Duration? {
        state.withLock { state in
            state.count > 0 ? state.waiting[state.taken].leasedAt + Self.patience : nil
        }
    }

    /// How many users to lease beyond those that may be called at once.
    func room(requestsPerSecond: Double) -> Int {
        let uptime = time.uptime
        return state.withLock { state in
            let elapsed = max(.milliseconds(1), uptime - state.lastLease)
            let pace = min(requestsPerSecond, Double(state.begun) / (elapsed / .seconds(1)))
            return max(0, Int(min(pace * (Self.span / .seconds(1)), Double(Scheduler.batchLimit))))
        }
    }

    /// Adds users that were just leased.
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

    /// The next scheduled call, which may begin because another has ended; nil if no user waits or none may begin.
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

    /// Lets ending calls make way again, after an obstacle that only the scheduler could wait out.
    func leaveToCalls() {
        state.withLock { $0.isLeftToScheduler = false }
    }

    /// Calls with the `ticket` for the users that have waited longest, at most `count`.
    func take(_ count: Int, ticket: Admission.Ticket) -> [AdmittedCall] {
        state.withLock { state in
            (0..<count).compactMap { _ in state.take().map { AdmittedCall($0, ticket: ticket) } }
        }
    }

    /// Removes all waiting users and returns their leases, to be handed back.
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

/// Leases under which nothing will be settled, kept until the store has taken them back.
package final class LeaseReturns: Sendable {
    private let leases = Mutex<[Lease]>([])
    private let wakeSignal: WakeSignal

    /// `wakeSignal` is the scheduler's, which hands leases back at its next turn, and again while the store refuses.
    package init(wakeSignal: WakeSignal) {
        self.wakeSignal = wakeSignal
    }

    func add(_ more: some Sequence<Lease>) {
        leases.withLock { $0 += more }
    }

    /// As `add`, and wakes the scheduler to do it soon.
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
