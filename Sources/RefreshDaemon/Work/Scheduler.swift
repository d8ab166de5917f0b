import RefreshCore
import Synchronization

/// Sleeps until a user falls due, leases what admission lets begin, hands it on, and sleeps again.
package final class Scheduler: Sendable {
    /// The most users leased in one transaction.
    static let batchLimit = 500
    /// A wait overruns by this much only if the machine was suspended or the process stopped.
    private static let suspicion = Duration.seconds(10)
    /// How long a turn that waited for a call to end waits for more to end.
    private static let gathering = Duration.milliseconds(1)
    /// A turn ends after this time although more users are due: the watchdog counts turns.
    private static let longestTurn = Duration.seconds(1)

    private let store: any UserStore
    private let flow: CallFlow
    private let gate: AdmissionGate
    private let prefetched: PrefetchedLeases
    private let returns: LeaseReturns
    private let settlements: SettlementQueue
    private let clockGuard: ClockStepGuard
    let watchdog: WatchdogReporter
    private let renewer: Renewer
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let events: any EventReporting
    private let wakeSignal: WakeSignal
    private let latencies: (any LatencyMeasuring)?
    private let marker: ClockMarker
    private let isStopping = Mutex(false)
    /// Until when no renewals are looked for, on the steady clock: the search for them took the server too long.
    private let renewalsRest = Mutex(Duration.zero)
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

    package var isStopped: Bool { isStopping.withLock { $0 } }

    /// Recomputes every user's schedule before the next lease, after the rules changed.
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
                    // The turn may have written nothing, and only a write shows that the store accepts writes again.
                    if retry.isDue { try await marker.leave() }
                    retry.succeeded()
                case .by(let step):
                    try await handBackPrefetched()
                    try await follow(step, &walk)
                    continue
                case .blocked:
                    // Calls inside the guard may be waiting for a store that rejects writes. If it answers reads,
                    // nothing is wrong.
                    _ = try await store.nextDue()
                    wake = .distantFuture
                }
                try await marker.leaveInPassing()
                watchdog.turnCompleted(nextDue: wake)
            } catch {
                wake = time.now.advanced(by: retry.delay(after: error))
                // A store that rejects writes but answers is no reason to be killed: a restart would not help.
                do {
                    watchdog.turnCompleted(nextDue: try await store.nextDue() ?? .distantFuture)
                } catch {
                    // Such a question to a server ends in time, so this is no hang, and a restart would forget what this
                    // daemon knows of its calls.
                    if error.isOnServer {
                        watchdog.turnCompleted(nextDue: .distantFuture)
                    } else {
                        watchdog.storeIsSilent()
                    }
                }
            }
            let slept = time.uptime
            await wakeSignal.wait(until: wake, atMost: watchdog.interval, on: time)
            // Only a suspended machine or a stopped process sleeps that long.
            if time.uptime - slept > watchdog.interval + Self.suspicion { gate.beginSlowly() }
            if awaitsCalls { try? await time.sleep(for: Self.gathering) }
        }
    }

    // For calls that ended after the last turn. The next start recovers what the store rejects here.
    func handBackUnused() async {
        try? await returns.release(to: store)
        try? await marker.leave()
    }

    /// Returns when to take the next turn, and whether it depends on a call to end.
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
        case .asleep(let due): return (min(due, try await renewals()), false)
        case .unfinished: return (time.now, false)
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
        /// No user is due before `until`.
        case asleep(until: Timestamp)
        case obstructed(Admission.Obstacle)
        /// More users are due.
        case unfinished
    }

    private func handBackPrefetched() async throws(StoreProblem) {
        returns.add(prefetched.giveUp())
        try await returns.release(to: store)
    }

    /// Starts the calls that may start at present.
    private func turn() async throws(StoreProblem) -> Turn {
        let end = time.uptime + Self.longestTurn
        while !isStopped {
            // While leases take so long that permits come back meanwhile, there is always another one to take.
            if time.uptime >= end { return .unfinished }
            let now = time.now
            // The calendar was just set, so users that it shows as due are not due yet.
            if clockGuard.isBehind { return .asleep(until: now) }
            if let expiry = prefetched.expiry, expiry <= time.uptime { try await handBackPrefetched() }
            let waiting = prefetched.count
            if waiting > 0 {
                prefetched.leaveToCalls()
                // Does not wait for calls to end: each call that ends takes the next of these users.
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
            // The queue sends the signal when it has room again.
            guard settlements.hasRoom else { return .asleep(until: .distantFuture) }
            switch gate.reserve(upTo: Self.batchLimit, forSchedule: true) {
            case .refused(let obstacle): return .obstructed(obstacle)
            case .begun(let ticket, let count):
                guard try await lease(count, ticket: ticket, now: now) > 0 else {
                    // Another holder took the due users. Look again soon, but not immediately.
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

    /// Leases users for the `count` calls begun with the ticket, and some ahead; returns how many were leased.
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
        // All at once: one pass and one event, however many users missed their window.
        if !missed.isEmpty { try await putOffMissed(now: now) }
        return leased.count
    }

    /// As `renewalTurn`, but puts it off if the store's server has trouble with it: calls renew their tokens themselves.
    private func renewals() async throws(StoreProblem) -> Timestamp {
        let rest = renewalsRest.withLock(\.self) - time.uptime
        if rest > .zero { return time.now.advanced(by: rest) }
        do throws(StoreProblem) { return try await renewalTurn() } catch {
            guard case .unreachable = error, error.isOnServer else { throw error }
            renewalsRest.withLock { $0 = time.uptime + .minutes(1) }
            return time.now.advanced(by: .minutes(1))
        }
    }

    /// Renews tokens that are due, after the calls: users that are called renew theirs with the call.
    private func renewalTurn() async throws(StoreProblem) -> Timestamp {
        guard renewer.isOn else { return .distantFuture }
        let end = time.uptime + Self.longestTurn
        while !isStopped {
            let now = time.now
            if clockGuard.isBehind || time.uptime >= end { return now }
            guard let due = try await store.nextRenewal() else { return .distantFuture }
            guard due <= now else { return due }
            if let until = renewer.gate.suspendedUntil { return until }
            // Calls find out whether the API is back.
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

    /// Runs before anything is decided or written; see `ClockCatchUp`.
    func catchUp(_ progress: () -> Void) async throws(StoreProblem) {
        let catchUp = ClockCatchUp(
            store: store, marker: marker, clockGuard: clockGuard, settings: settings, time: time, events: events)
        try await catchUp.run(unless: { isStopped }, progress)
    }

    /// Moves every stored moment; after a store failure it resumes where it was, as no user may be moved twice.
    private func follow(_ step: Duration, _ walk: inout ClockStepWalk) async throws(StoreProblem) {
        if !walk.isUnderWay {
            events.report(.clockStepped(by: step))
            marker.stepped(by: step)
            // After a step forward, a whole schedule cycle of users may be due at once.
            gate.beginSlowly()
        }
        walk.isUnderWay = true
        try await marker.leave(isMoving: true)
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
        try await marker.leave(isMoving: false)
    }

    /// Applies `change` to all users and returns how many it altered.
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
            // Each start makes such a pass.
        } while place != nil && !isStopped
        return count
    }
}

/// The users that a change alters: a store may run the change anywhere and repeatedly; its last result counts.
private final class Altered: Sendable {
    private let places = Mutex(Set<Place>())

    var count: Int { places.withLock(\.count) }

    func note(_ place: Place, _ isAltered: Bool) {
        _ = places.withLock { isAltered ? $0.insert(place).inserted : $0.remove(place) != nil }
    }
}

/// How far the users have been moved along with the calendar.
private struct ClockStepWalk {
    var isUnderWay = false
    var place: Place?
}

extension Admission.Obstacle {
    /// When to ask again at the latest; an obstacle without a known end sends the signal when it ends.
    fileprivate var worthAskingAgain: Timestamp {
        switch self {
        case .rate(let until), .slowStart(let until), .throttled(let until), .outOfTouch(let until): until
        case .breaker(let until), .paused(let until): until ?? .distantFuture
        case .concurrency: .distantFuture
        }
    }

    /// Whether it lasts only moments, for which leases may be kept.
    fileprivate var isBrief: Bool {
        switch self {
        case .rate, .slowStart, .concurrency: true
        case .throttled, .breaker, .paused, .outOfTouch: false
        }
    }
}
