import RefreshCore
import Synchronization

/// Sleeps until a user falls due, leases what admission lets begin, hands it on, and sleeps again.
package final class Scheduler: Sendable {
    /// Leased in one transaction at most.
    static let batchLimit = 500
    /// So much later than asked for no wait ends on a machine that is awake.
    private static let suspicion = Duration.seconds(10)
    /// How long a turn that waited for a call to end waits for more of them.
    private static let gathering = Duration.milliseconds(1)

    private let store: any UserStore
    private let flow: CallFlow
    private let gate: AdmissionGate
    private let prefetched: PrefetchedLeases
    private let returns: LeaseReturns
    private let settlements: SettlementQueue
    private let clockGuard: ClockStepGuard
    private let watchdog: WatchdogReporter
    private let renewer: Renewer
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting
    private let wakeSignal: WakeSignal
    private let latencies: (any LatencyMeasuring)?
    private let marker: ClockMarker
    private let isStopping = Mutex(false)
    private let rewriting: RewriteWish

    init(
        store: any UserStore, flow: CallFlow, settlements: SettlementQueue, clockGuard: ClockStepGuard,
        watchdog: WatchdogReporter,
        renewer: Renewer, context: WorkContext
    ) {
        self.store = store
        self.flow = flow
        gate = flow.gate
        prefetched = flow.prefetched
        returns = flow.returns
        self.settlements = settlements
        self.clockGuard = clockGuard
        self.watchdog = watchdog
        self.renewer = renewer
        settings = context.settings
        time = context.time
        events = context.events
        wakeSignal = context.wakeSignal
        rewriting = context.rewriting
        latencies = context.latencies
        marker = ClockMarker(store: store, clockGuard: clockGuard, time: context.time)
    }

    /// Takes no more leases; `run` returns after the turn it is in.
    package func stop() {
        isStopping.withLock { $0 = true }
        watchdog.stopping()
        wakeSignal.send()
    }

    /// What the daemon is doing now, in a line.
    func statusLine(nextDue: Timestamp?) -> String { watchdog.statusLine(nextDue: nextDue) }

    package var isStopped: Bool { isStopping.withLock { $0 } }

    /// Has every user's schedule computed anew before the next lease, after the rules changed.
    package func reschedule() { rewriting.send() }

    package func run() async {
        var retry = StoreRetry(health: watchdog.store, worker: .scheduler)
        clockGuard.open()
        defer { clockGuard.close() }
        var walk = ClockStepWalk()
        defer { returns.add(prefetched.giveUp()) }
        while !isStopped, !Task.isCancelled {
            var wake: Timestamp
            var awaitsCalls = false
            do {
                try await store.verifyPlace()
                switch clockGuard.nextMove() {
                case .none:
                    (wake, awaitsCalls) = try await scheduledTurn()
                    // Maybe nobody was due: that the store takes writes again, only a write shows.
                    if retry.isDue { try await marker.leave() }
                    retry.succeeded()
                case .by(let step):
                    try await handBackPrefetched()
                    try await follow(step, &walk)
                    continue
                case .blocked:
                    // Those inside wait for a store that does not write, maybe; if it answers, all is as it should be.
                    _ = try await store.nextDue()
                    wake = .distantFuture
                }
                try await marker.leaveInPassing()
                watchdog.turnCompleted(nextDue: wake)
            } catch {
                wake = time.now.advanced(by: retry.delay(after: error))
                // A store that refuses to write but answers is no reason to be killed: there is nothing to restart.
                do {
                    watchdog.turnCompleted(nextDue: try await store.nextDue() ?? .distantFuture)
                } catch {
                    watchdog.storeIsSilent()
                }
            }
            let slept = time.uptime
            await wakeSignal.wait(until: wake, atMost: watchdog.interval, on: time)
            // Nobody sleeps that long but a machine that was suspended, or a process that was stopped.
            if time.uptime - slept > watchdog.interval + Self.suspicion { gate.beginSlowly() }
            if awaitsCalls { try? await time.sleep(for: Self.gathering) }
        }
    }

    // At the end, for calls that ended after the last turn. What the store refuses now is taken up at the next start.
    func handBackUnused() async {
        try? await returns.release(to: store)
        try? await marker.leave()
    }

    /// Returns when the next turn is worth taking, and whether it is once a call has ended.
    private func scheduledTurn() async throws(StoreProblem) -> (wake: Timestamp, awaitsCalls: Bool) {
        if rewriting.take() {
            do {
                try await rewriteAll { [settings, clockGuard] user in
                    NextStep.reanchored(user, policy: settings.value.policies.policy(for: user), now: clockGuard.now)
                }
            } catch {
                rewriting.putBack()
                throw error
            }
        }
        try await returns.release(to: store)
        gate.passTime()
        switch try await turn() {
        case .asleep(let due): return (min(due, try await renewalTurn()), false)
        case .obstructed(let obstacle):
            guard obstacle.isBrief else {
                try await handBackPrefetched()
                return (obstacle.worthAskingAgain, false)
            }
            let expiry = prefetched.expiry.map { time.now.advanced(by: max(.zero, $0 - time.uptime)) } ?? .distantFuture
            return (min(obstacle.worthAskingAgain, expiry), obstacle == .concurrency)
        }
    }

    private enum Turn {
        /// Nobody is due before.
        case asleep(until: Timestamp)
        case obstructed(Admission.Obstacle)
    }

    private func handBackPrefetched() async throws(StoreProblem) {
        returns.add(prefetched.giveUp())
        try await returns.release(to: store)
    }

    /// Starts what may start now.
    private func turn() async throws(StoreProblem) -> Turn {
        while !isStopped {
            let now = time.now
            // What is due by a calendar that was just set is not due yet.
            if clockGuard.isBehind { return .asleep(until: now) }
            if let expiry = prefetched.expiry, expiry <= time.uptime { try await handBackPrefetched() }
            let waiting = prefetched.count
            if waiting > 0 {
                prefetched.leaveToCalls()
                // Without waiting for calls to end: each of them takes the next of these.
                switch gate.reserve(upTo: waiting, forSchedule: false) {
                case .begun(let ticket, let count):
                    flow.submit(prefetched.take(count, ticket: ticket), of: count, ticket: ticket)
                    continue
                case .refused(let obstacle):
                    guard obstacle.isBrief, prefetched.isLow, try await isAnyoneDue(now),
                        try await lease(0, ticket: nil, now: now) > 0
                    else { return .obstructed(obstacle) }
                    continue
                }
            }
            guard let due = try await store.nextDue() else { return .asleep(until: .distantFuture) }
            guard due <= now else { return .asleep(until: due) }
            // The queue sends the signal when it has.
            guard settlements.hasRoom else { return .asleep(until: .distantFuture) }
            switch gate.reserve(upTo: Self.batchLimit, forSchedule: true) {
            case .refused(let obstacle): return .obstructed(obstacle)
            case .begun(let ticket, let count):
                guard try await lease(count, ticket: ticket, now: now) > 0 else {
                    // Somebody else took what was due; look again soon, not at once.
                    return .asleep(until: now.advanced(by: .seconds(1)))
                }
            }
        }
        return .asleep(until: .distantFuture)
    }

    private func isAnyoneDue(_ now: Timestamp) async throws(StoreProblem) -> Bool {
        guard settlements.hasRoom, let due = try await store.nextDue() else { return false }
        return due <= now
    }

    /// Leases for the `count` calls begun with the ticket, and some ahead; returns how many were due.
    private func lease(_ count: Int, ticket: Admission.Ticket?, now: Timestamp) async throws(StoreProblem) -> Int {
        let isProbe = ticket?.isProbe ?? false
        let room = isProbe ? 0 : prefetched.room(requestsPerSecond: settings.value.admission.requestsPerSecond)
        let wanted = min(Self.batchLimit, count + room)
        guard wanted > 0 else { return 0 }
        let leased: [LeasedUser]
        let moves = clockGuard.moves
        let began = time.uptime
        do {
            let until = now.advanced(by: settings.value.leaseDuration)
            leased =
                isProbe
                ? try await store.leaseProbes(now: now, until: until, limit: wanted)
                : try await store.leaseDue(now: now, until: until, limit: wanted)
            latencies?.measured(.lease, took: time.uptime - began)
        } catch {
            if let ticket { gate.cancel(ticket, count: count) }
            throw error
        }
        let policies = settings.value.policies
        let isMissed = leased.map {
            NextStep.windowMissed($0.user, policy: policies.policy(for: $0.user), now: now) != nil
        }
        let due = zip(leased, isMissed).filter { !$1 }.map(\.0)
        let missed = zip(leased, isMissed).filter { $1 }.map(\.0.lease)
        returns.add(missed)
        prefetched.keep(due, moves: moves, beginBy: flow.beginBy(claimSentAt: began))
        if let ticket { flow.submit(prefetched.take(count, ticket: ticket), of: count, ticket: ticket) }
        try await returns.release(to: store)
        // All at once: one walk and one word about it, however many they are.
        if !missed.isEmpty { try await putOffMissed(now: now) }
        return leased.count
    }

    /// Has tokens renewed whose moment has come, after the calls: those who are called renew theirs with the call.
    private func renewalTurn() async throws(StoreProblem) -> Timestamp {
        guard renewer.isOn else { return .distantFuture }
        while !isStopped {
            let now = time.now
            if clockGuard.isBehind { return now }
            guard let due = try await store.nextRenewal() else { return .distantFuture }
            guard due <= now else { return due }
            if let until = renewer.suspendedUntil { return until }
            // Whether the API is back, calls find out.
            guard gate.breaker == .closed else { return now.advanced(by: .seconds(30)) }
            switch gate.reserve(upTo: Self.batchLimit, for: .renewal, forSchedule: true) {
            case .refused(let obstacle): return obstacle.worthAskingAgain
            case .begun(let ticket, let count):
                guard try await leaseRenewals(count, ticket: ticket, now: now) > 0 else {
                    return now.advanced(by: .seconds(1))
                }
            }
        }
        return .distantFuture
    }

    private func leaseRenewals(_ count: Int, ticket: Admission.Ticket, now: Timestamp) async throws(StoreProblem) -> Int
    {
        let leased: [LeasedUser]
        let moves = clockGuard.moves
        let beginBy = flow.beginBy(claimSentAt: time.uptime)
        do {
            leased = try await store.leaseRenewals(
                now: now, until: now.advanced(by: settings.value.leaseDuration), limit: count)
        } catch {
            gate.cancel(ticket, count: count)
            throw error
        }
        let renewals = leased.map {
            AdmittedCall(
                leased: $0, ticket: ticket, purpose: .renewal, trigger: .schedule, moves: moves, beginBy: beginBy,
                completion: nil)
        }
        flow.submit(renewals, of: count, ticket: ticket)
        try await returns.release(to: store)
        return leased.count
    }

    private func putOffMissed(now: Timestamp) async throws(StoreProblem) {
        let count = try await rewriteAll { [settings] user in
            NextStep.windowMissed(user, policy: settings.value.policies.policy(for: user), now: now) ?? user
        }
        if count > 0 { events.report(.windowMissed(users: count)) }
    }

    /// Before anything is decided or written; see `ClockCatchUp`.
    func catchUp(_ progress: () -> Void) async throws(StoreProblem) {
        let catchUp = ClockCatchUp(
            store: store, marker: marker, clockGuard: clockGuard, settings: settings, time: time, events: events)
        try await catchUp.run(unless: { isStopped }, progress)
    }

    /// Moves every stored moment; goes on where it was when the store failed, for nobody may be moved twice.
    private func follow(_ step: Duration, _ walk: inout ClockStepWalk) async throws(StoreProblem) {
        if !walk.isUnderWay {
            events.report(.clockStepped(by: step))
            // Forward, a whole turn of the circle may be due at once.
            gate.beginSlowly()
        }
        walk.isUnderWay = true
        try await marker.beginMove()
        repeat {
            walk.place = try await store.rewrite(after: walk.place, limit: 1_000) { [settings, clockGuard] user in
                let policy = settings.value.policies.policy(for: user)
                let next = NextStep.afterClockStep(user, by: step, policy: policy, now: clockGuard.now)
                return next == user ? nil : next
            }
            watchdog.turnCompleted(nextDue: nil)
        } while walk.place != nil
        walk = ClockStepWalk()
        clockGuard.moved()
        try await marker.endMove()
    }

    /// Returns how many users the change altered.
    @discardableResult
    private func rewriteAll(_ change: @escaping @Sendable (User) -> User) async throws(StoreProblem) -> Int {
        var count = 0
        var place: Place?
        repeat {
            let altered = Altered()
            place = try await store.rewrite(after: place, limit: 1_000) { user in
                let next = change(user)
                altered.note(user.place, next != user)
                return next == user ? nil : next
            }
            count += altered.count
            watchdog.turnCompleted(nextDue: nil)
        } while place != nil
        return count
    }
}

/// Who is altered by a closure that a store runs wherever it likes, and of one user as often: what it says last counts.
private final class Altered: Sendable {
    private let places = Mutex(Set<Place>())

    var count: Int { places.withLock(\.count) }

    func note(_ place: Place, _ isAltered: Bool) {
        _ = places.withLock { isAltered ? $0.insert(place).inserted : $0.remove(place) != nil }
    }
}

/// How far the users were moved along with the calendar.
private struct ClockStepWalk {
    var isUnderWay = false
    var place: Place?
}

extension Admission.Obstacle {
    /// When to ask again at the latest; what ends without a known moment sends the signal.
    fileprivate var worthAskingAgain: Timestamp {
        switch self {
        case .rate(let until), .slowStart(let until), .throttled(let until), .outOfTouch(let until): until
        case .breaker(let until), .paused(let until): until ?? .distantFuture
        case .concurrency: .distantFuture
        }
    }

    /// Whether it is a matter of moments, for which leases may be kept.
    fileprivate var isBrief: Bool {
        switch self {
        case .rate, .slowStart, .concurrency: true
        case .throttled, .breaker, .paused, .outOfTouch: false
        }
    }
}
