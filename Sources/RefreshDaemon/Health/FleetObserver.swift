package import RefreshCore
import Synchronization

/// Knows the state of all users and of the work; every part that shows it asks here.
///
/// Counts from the store are kept for a few seconds, so that many watchers cost no more than one.
package final class FleetObserver: Sendable {
    /// The sources other than the store.
    package struct Sources: Sendable {
        package var gate: AdmissionGate
        package var settings: LiveSettings
        package var health: StoreHealth
        package var counters: OutcomeCounters
        package var renewer: Renewer?
        package var backups: BackupLedger?
        /// Adds what is known of the fleet, where the daemon shares its store.
        package var showFleet: @Sendable (inout FleetSnapshot) -> Void = { _ in }
        /// How many entries wait for the journal, and how many were dropped.
        package var journal: @Sendable () -> (waiting: Int, dropped: Int) = { (0, 0) }
    }

    private struct Counts: Sendable {
        let figures: StoreFigures
        let at: Timestamp
        /// On the steady clock.
        let uptime: Duration
        /// Whether the count was made for a viewer, and not in passing.
        let isShown: Bool
    }

    private struct State {
        var lastTurn: Duration?
        var isStopping = false
        var alerts: [Alert] = []
        var counts: Counts?
        var isUnanswered = false
        var isCounting = false
        /// Of callers that wait for the present count.
        var waiters: [WakeSignal] = []
    }

    /// How long a count is valid for viewers.
    package static let keeping = Duration.seconds(5)
    /// How soon a viewer learns that the store does not answer.
    private static let patience = Duration.seconds(2)
    /// How old counts may become without a new request; `AlertMonitor` makes one in half this time.
    private static let memory = Duration.minutes(10)

    private let store: any UserStore
    let sources: Sources
    private let time: any Timekeeping
    private let since: Timestamp
    private let state = Mutex(State())

    package init(store: any UserStore, sources: Sources, time: any Timekeeping) {
        self.store = store
        self.sources = sources
        self.time = time
        since = time.now
    }

    /// Time since the scheduler last completed a turn; nil before the first.
    package var sinceLastTurn: Duration? {
        let uptime = time.uptime
        return state.withLock { $0.lastTurn }.map { max(.zero, uptime - $0) }
    }

    func turnCompleted() {
        let uptime = time.uptime
        state.withLock { $0.lastTurn = uptime }
    }

    func stopping() { state.withLock { $0.isStopping = true } }

    func note(raised alerts: [Alert]) { state.withLock { $0.alerts = alerts } }

    /// What is known without asking the store; the counts are at most ten minutes old.
    package func snapshot() -> FleetSnapshot {
        let uptime = time.uptime
        let state = state.withLock(\.self)
        let (gate, settings) = (sources.gate, sources.settings.value)
        let phase: FleetSnapshot.Phase =
            state.isStopping ? .stopping : state.lastTurn == nil ? .starting : .running
        var snapshot = FleetSnapshot(at: time.now, phase: phase)
        snapshot.since = since
        snapshot.sinceLastTurn = state.lastTurn.map { max(.zero, uptime - $0) }
        snapshot.isCountMissing = state.isUnanswered
        if let counts = state.counts, uptime - counts.uptime < Self.memory {
            snapshot.census = counts.figures.census
            snapshot.countedAt = counts.at
            snapshot.expiry = counts.figures.expiry
            snapshot.tallies = counts.figures.tallies
            snapshot.groups = counts.figures.groups
            snapshot.space = counts.figures.space
            snapshot.nextDue = counts.figures.census.oldestDue
        }
        snapshot.inFlight = gate.inFlight
        snapshot.concurrency = gate.concurrency
        snapshot.rateLimit = settings.admission.requestsPerSecond
        snapshot.learnedRate = gate.learnedRate
        snapshot.breaker = gate.breaker
        snapshot.renewals = settings.renewsTokens ? sources.renewer?.gate.breaker : nil
        snapshot.throttling = gate.throttlingPause
        snapshot.pause = gate.fleetPause
        snapshot.storeFailure = sources.health.trouble
        sources.showFleet(&snapshot)
        snapshot.isOutOfTouch = gate.isOutOfTouch
        snapshot.outcomes = sources.counters.values
        snapshot.alerts = state.alerts
        snapshot.backup = sources.backups?.standing
        snapshot.policies = settings.policies
        snapshot.problemsInFile = sources.settings.problemsInFile
        (snapshot.journalWaiting, snapshot.journalDropped) = sources.journal()
        return snapshot
    }

    /// As `snapshot`, with fresh counts, or without any if the store does not count in time.
    ///
    /// If the store does not answer, the snapshot says why.
    package func counted() async -> FleetSnapshot {
        sources.gate.passTime()
        var failure: FleetSnapshot.StoreFailure?
        var isCounted = false
        do throws(StoreProblem) {
            isCounted = try await count()
        } catch {
            failure = FleetSnapshot.StoreFailure(text: error.description, remedy: error.remedy, since: time.now)
        }
        var snapshot = snapshot()
        snapshot.isCountMissing = !isCounted
        if !isCounted { snapshot.forgetCounts() }
        // The workers that use the store may not have noticed yet.
        if snapshot.storeFailure == nil { snapshot.storeFailure = failure }
        return snapshot
    }

    /// As `snapshot`, with counts a few seconds old at most, or without any if the store does not answer in time.
    package func observe() async -> FleetSnapshot {
        let uptime = time.uptime
        let isFresh = state.withLock { state in
            state.counts.map { $0.isShown && uptime - $0.uptime < Self.keeping } ?? false
        }
        if !isFresh { await countInTime() }
        var snapshot = snapshot()
        if snapshot.isCountMissing { snapshot.forgetCounts() }
        return snapshot
    }

    /// How late the schedule was at the latest count, and how old that is; nil if the latest count failed.
    var latestCount: (lag: Duration, age: Duration)? {
        let uptime = time.uptime
        return state.withLock { $0.isUnanswered ? nil : $0.counts }.map { counts in
            let census = counts.figures.census
            let oldest = census.overdue > 0 ? census.oldestDue : nil
            return (oldest?.duration(to: counts.at) ?? .zero, uptime - counts.uptime)
        }
    }

    /// Counts again; returns whether the store counted in time.
    ///
    /// Expiring tokens are counted only if `Health` needs them or the count is for a viewer.
    @discardableResult
    func count(isShown: Bool = false) async throws(StoreProblem) -> Bool {
        do throws(StoreProblem) {
            let now = time.now
            let renewals = sources.settings.value.renewsTokens ? sources.renewer?.gate.breaker : nil
            let figures = try await store.figures(now: now, withExpiry: isShown || renewals != .closed)
            let counts = figures.map { Counts(figures: $0, at: now, uptime: time.uptime, isShown: isShown) }
            state.withLock { state in
                if let counts { state.counts = counts }
                state.isUnanswered = counts == nil
            }
            return counts != nil
        } catch {
            state.withLock { $0.isUnanswered = true }
            throw error
        }
    }

    /// Runs one count at a time; callers wait until it ends, or for `patience`.
    private func countInTime() async {
        let counted = WakeSignal()
        let begins = state.withLock { state in
            state.waiters.append(counted)
            return !exchange(&state.isCounting, with: true)
        }
        if begins {
            Task {
                _ = try? await count(isShown: true)
                let waiters = state.withLock { state in
                    state.isCounting = false
                    return exchange(&state.waiters, with: [])
                }
                for waiter in waiters { waiter.send() }
            }
        }
        await counted.wait(until: .distantFuture, atMost: Self.patience, on: time)
        state.withLock { state in
            guard let late = state.waiters.firstIndex(where: { $0 === counted }) else { return }
            state.waiters.remove(at: late)
            if !Task.isCancelled { state.isUnanswered = true }
        }
    }
}

extension FleetSnapshot {
    /// Removes the counts: earlier ones must not be shown as current.
    fileprivate mutating func forgetCounts() {
        (census, expiry, tallies, nextDue, groups, space) = (nil, nil, nil, nil, [], nil)
    }
}

/// Attempts since the daemon started, by outcome.
package final class OutcomeCounters: Sendable {
    private let counts = Mutex<[OutcomeKind: Int]>([:])

    package init() {}

    func count(_ outcome: OutcomeKind) {
        counts.withLock { $0[outcome, default: 0] += 1 }
    }

    package var values: [OutcomeKind: Int] {
        counts.withLock { $0 }
    }

    package var total: Int {
        counts.withLock { $0.values.reduce(0, +) }
    }
}
