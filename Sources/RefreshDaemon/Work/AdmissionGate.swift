package import RefreshCore
import Synchronization

/// The one gate that scheduled and manual calls pass; reports when it closes or opens for the fleet.
package final class AdmissionGate: Sendable {
    private struct State {
        var admission: Admission
        var random: SplitMix64
        /// The scheduler has users due and waits for a call to end.
        var schedulerWaits = false
        var waiters: [CheckedContinuation<Void, Never>] = []
        /// When the breaker or throttling last changed for the whole fleet, on the steady clock.
        var lastSuspension: Duration?
        /// Nil where the daemon does not share its store.
        var terms: FleetTerms?
        /// When the operator's pause last changed here, on the steady clock.
        var pauseChangedAt: Duration?
        /// Called when the breaker or throttling changes, so that the fleet learns of it.
        var suspensionChanged: (@Sendable () -> Void)?
    }

    private let state: Mutex<State>
    private let time: any Timekeeping
    private let events: any EventReporting
    private let wakeSignal: WakeSignal

    /// `wakeSignal` is the scheduler's, sent when a call that the scheduler waits for ends.
    package init(
        policy: Admission.Policy, time: any Timekeeping, events: any EventReporting, wakeSignal: WakeSignal,
        seed: UInt64
    ) {
        state = Mutex(State(admission: Admission(policy: policy, now: time.now), random: SplitMix64(seed: seed)))
        self.time = time
        self.events = events
        self.wakeSignal = wakeSignal
    }

    package enum Reservation: Sendable {
        case begun(Admission.Ticket, count: Int)
        case refused(Admission.Obstacle)
    }

    /// Begins up to `wanted` calls (1 or more), or renewals alone; `cancel` hands back those that are not made.
    func reserve(
        upTo wanted: Int, for purpose: AdmittedCall.Purpose = .refresh, forSchedule: Bool
    ) -> Reservation {
        let now = time.now
        let (reservation, changes) = state.withLock { state -> (Reservation, [Event]) in
            // Most daemons have no terms, so the clock is read only for those that do.
            if let terms = state.terms, !terms.mayLease(at: time.uptime) {
                return (.refused(.outOfTouch(until: now.advanced(by: .seconds(1)))), [])
            }
            let (permits, changes) = state.admission.permits(for: wanted, now: now)
            switch permits {
            case .granted(let count):
                let ticket = state.admission.begin(count, isRefresh: purpose == .refresh, now: now)
                return (.begun(ticket, count: count), changes)
            case .refused(let obstacle):
                switch obstacle {
                case .concurrency, .slowStart, .breaker: state.schedulerWaits = state.schedulerWaits || forSchedule
                case .rate, .throttled, .paused, .outOfTouch: break
                }
                return (.refused(obstacle), changes)
            }
        }
        report(changes)
        return reservation
    }

    package func cancel(_ ticket: Admission.Ticket, count: Int) {
        guard count > 0 else { return }
        wake(
            state.withLock { state in
                state.admission.cancel(ticket, count: count)
                return takeWaiting(&state)
            })
    }

    /// Notes the end of a call that says nothing about the API's health.
    func finish(_ ticket: Admission.Ticket) {
        wake(
            state.withLock { state in
                state.admission.finish(ticket)
                return takeWaiting(&state)
            })
    }

    /// Notes the end of a call and returns its outcome for the user, who is not at fault if all users are refused.
    ///
    /// The call ended at `now`, which the caller has already read from the clocks.
    package func end(_ ticket: Admission.Ticket, _ call: EndedCall, now: Timestamp) -> Outcome {
        let (outcome, changes, waiting) = state.withLock { state in
            let (outcome, changes) = state.admission.end(ticket, call, now: now, using: &state.random)
            return (outcome, changes, takeWaiting(&state))
        }
        report(changes)
        wake(waiting)
        return outcome
    }

    /// Ends suspensions whose time is over, so that they are reported even while no user is due.
    func passTime() {
        let now = time.now
        report(state.withLock { $0.admission.passTime(to: now) })
    }

    /// Restarts at a tenth of the rate and concurrency, because many users may be due at once.
    func beginSlowly() {
        let now = time.now
        state.withLock { $0.admission.beginSlowly(now: now) }
    }

    private func report(_ changes: [Event]) {
        guard !changes.isEmpty else { return }
        let uptime = time.uptime
        let isSuspension = changes.contains { change in
            switch change {
            case .breaker, .fleetThrottled, .fleetThrottlingEnded: true
            default: false
            }
        }
        let suspensionChanged = state.withLock { state in
            if isSuspension { state.lastSuspension = uptime }
            return state.suspensionChanged
        }
        for change in changes { events.report(change) }
        suspensionChanged?()
    }

    /// Returns when the next call ends or is handed back, or at once when none is in flight.
    func callEnded() async {
        await withCheckedContinuation { waiter in
            let isIdle = state.withLock { state in
                if state.admission.inFlight > 0 { state.waiters.append(waiter) }
                return state.admission.inFlight == 0
            }
            if isIdle { waiter.resume() }
        }
    }

    private typealias Waiting = (scheduler: Bool, waiters: [CheckedContinuation<Void, Never>])

    private func takeWaiting(_ state: inout State) -> Waiting {
        defer {
            state.schedulerWaits = false
            state.waiters = []
        }
        return (state.schedulerWaits, state.waiters)
    }

    private func wake(_ waiting: Waiting) {
        if waiting.scheduler { wakeSignal.send() }
        for waiter in waiting.waiters { waiter.resume() }
    }

    package func configure(_ policy: Admission.Policy) {
        let now = time.now
        report(state.withLock { $0.admission.configure(policy, now: now) })
        wakeSignal.send()
    }

    package func pauseFleet(_ pause: FleetPause?) {
        let (now, uptime) = (time.now, time.uptime)
        state.withLock { state in
            state.admission.pauseFleet(pause, now: now)
            state.pauseChangedAt = uptime
        }
        wakeSignal.send()
    }

    /// Resumes calls before the wait that Tight asked for is over.
    func endThrottling() {
        let now = time.now
        if let change = state.withLock({ $0.admission.endThrottling(now: now) }) { report([change]) }
        wakeSignal.send()
    }

    /// Tells the scheduler, which may be sleeping until a later moment, when a settled user is next due.
    func expect(_ due: Timestamp?) {
        if let due { wakeSignal.expect(due) }
    }

    package var inFlight: Int { state.withLock { $0.admission.inFlight } }
    package var breaker: Breaker.State { state.withLock { $0.admission.breaker.state } }
    package var fleetPause: FleetPause? { state.withLock { $0.admission.pause } }
    package var throttlingPause: Throttling.Pause? { state.withLock { $0.admission.throttling.pause } }
    /// Whether the breaker or a wait that Tight asked for keeps the fleet from calling as usual.
    var isSuspended: Bool {
        state.withLock { $0.admission.breaker.state != .closed || $0.admission.throttling.pause != nil }
    }
    /// Whether calls were suspended at any time within the last `span`.
    func wasSuspended(within span: Duration) -> Bool {
        let uptime = time.uptime
        return state.withLock { state in state.lastSuspension.map { uptime - $0 < span } ?? false }
    }
    /// Whether the fleet does not count on this daemon's calls.
    package var isOutOfTouch: Bool {
        guard let terms = state.withLock(\.terms) else { return false }
        return !terms.mayLease(at: time.uptime)
    }
    /// How many calls may be in flight at present.
    package var concurrency: Int { state.withLock { $0.admission.limit.value } }
    /// The rate in calls per second that the API has been found to accept; nil while that is uncertain.
    package var learnedRate: Double? { state.withLock { $0.admission.rate.found } }
}

/// What the other daemons of the fleet rely on.
struct FleetTerms: Equatable {
    /// Daemons that share rate and concurrency, this one included.
    var members = 1
    /// Until when this daemon may lease, on the steady clock; nil before it may.
    var leasesUntil: Duration?

    func mayLease(at uptime: Duration) -> Bool { leasesUntil.map { uptime < $0 } ?? false }
}

extension AdmissionGate {
    /// Puts terms in force; from the first ones on, no call begins unless they allow it.
    func attach(_ terms: FleetTerms) {
        let now = time.now
        let mayBegin = state.withLock { state in
            let mayBegin = state.terms?.leasesUntil == nil && terms.leasesUntil != nil
            state.terms = terms
            state.admission.share(among: terms.members, now: now)
            return mayBegin
        }
        if mayBegin { wakeSignal.send() }
    }

    func onSuspensionChange(_ told: @escaping @Sendable () -> Void) {
        state.withLock { $0.suspensionChanged = told }
    }

    /// Applies a wait that another daemon of the fleet was asked for.
    func throttle(byFleet pause: Throttling.Pause) {
        report(state.withLock { $0.admission.throttle(byFleet: pause) })
    }

    enum PauseChange {
        case begun(FleetPause)
        case ended(FleetPause)
    }

    /// Applies the pause that the store held at `moment` of the steady clock; nil if that changes nothing.
    ///
    /// A pause that changed here after `moment` is newer and stays.
    func follow(_ pause: FleetPause?, knownAt moment: Duration) -> PauseChange? {
        let now = time.now
        let change = state.withLock { state -> PauseChange? in
            guard state.pauseChangedAt.map({ $0 < moment }) ?? true, pause != state.admission.pause else { return nil }
            let ended = state.admission.pause
            state.admission.pauseFleet(pause, now: now)
            return pause.map { .begun($0) } ?? ended.map { .ended($0) }
        }
        if change != nil { wakeSignal.send() }
        return change
    }

    /// Opens the breaker because the fleet's is open.
    func openByFleet(_ opening: Breaker.Opening) {
        let now = time.now
        report(
            state.withLock { state in
                state.admission.letProbe(false)
                return state.admission.openBreaker(byFleet: opening, now: now)
            })
    }

    /// Closes the breaker because the fleet's has closed.
    func closeByFleet() {
        let now = time.now
        let changes = state.withLock { state in
            state.admission.letProbe(true)
            return state.admission.closeBreaker(byFleet: now)
        }
        report(changes)
        if !changes.isEmpty { wakeSignal.send() }
    }

    /// Sets whether this daemon may probe once the breaker's pause ends.
    func letProbe(_ may: Bool) {
        state.withLock { $0.admission.letProbe(may) }
    }
}

extension AdmissionGate {
    /// What keeps every call from beginning.
    struct Hold: Equatable {
        let reason: String
        /// Nil where the hold does not end by itself, or its end is unknown.
        let until: Timestamp?
    }

    /// Nil when calls begin as the limits allow.
    var hold: Hold? {
        if isOutOfTouch { return Hold(reason: "the other daemons have not heard from this one lately", until: nil) }
        if let pause = fleetPause { return Hold(reason: "all calls are paused", until: pause.until) }
        if let pause = throttlingPause { return Hold(reason: "Tight asks to call less often", until: pause.until) }
        switch breaker {
        case .closed: return nil
        case .open(let opening):
            return Hold(reason: "the API is failing and the breaker is open", until: opening.until)
        case .probing: return Hold(reason: "the API is failing and is being probed", until: nil)
        }
    }
}
