package import RefreshCore
package import RefreshDaemon

/// Looks at the fleet for whoever watches.
///
/// What the store has to count is kept for a few seconds: many watchers cost it no more than one.
package actor FleetObserver {
    /// What is asked of others than the store.
    package struct Sources: Sendable {
        package var gate: AdmissionGate
        package var settings: LiveSettings
        package var pulse: Pulse
        package var isStopping: @Sendable () -> Bool
        /// Entries that wait for the journal, and those that it lost.
        package var journal: @Sendable () -> (waiting: Int, dropped: Int)
        /// Nil where nobody counts it.
        package var expiry: (@Sendable (Timestamp) async throws -> TokenExpiry)?
        package var backup: @Sendable () -> BackupLedger.Standing?

        package init(
            gate: AdmissionGate, settings: LiveSettings, pulse: Pulse, isStopping: @escaping @Sendable () -> Bool,
            journal: @escaping @Sendable () -> (waiting: Int, dropped: Int),
            expiry: (@Sendable (Timestamp) async throws -> TokenExpiry)? = nil,
            backup: @escaping @Sendable () -> BackupLedger.Standing? = { nil }
        ) {
            self.gate = gate
            self.settings = settings
            self.pulse = pulse
            self.isStopping = isStopping
            self.journal = journal
            self.expiry = expiry
            self.backup = backup
        }
    }

    private struct Count: Sendable {
        let census: Census
        let expiry: TokenExpiry?
    }

    /// How long a count of the store holds.
    package static let keeping = Duration.seconds(5)
    /// A watcher learns within this that the store does not answer.
    private static let patience = Duration.seconds(2)

    private let store: any UserStore
    private let sources: Sources
    private let time: any Timekeeping
    private var kept: (count: Count, at: Duration)?
    private var isCounting = false
    private var waiters: [Int: CheckedContinuation<Count?, Never>] = [:]
    private var lastWaiter = 0

    package init(store: any UserStore, sources: Sources, time: any Timekeeping) {
        self.store = store
        self.sources = sources
        self.time = time
    }

    package func observe() async -> FleetObservation {
        let count = await count()
        let gate = sources.gate
        var observation = FleetObservation(at: time.now)
        observation.census = count?.census
        observation.expiry = count?.expiry
        observation.inFlight = gate.inFlight
        observation.concurrency = gate.concurrency
        observation.rateLimit = sources.settings.value.admission.requestsPerSecond
        observation.learnedRate = gate.learnedRate
        observation.breaker = gate.breaker
        observation.throttling = gate.throttlingPause
        observation.pause = gate.fleetPause
        observation.isStopping = sources.isStopping()
        observation.sinceLastTurn = sources.pulse.sinceLastTurn
        observation.storeTrouble = sources.pulse.store.trouble
        observation.problemsInFile = sources.settings.problemsInFile
        observation.backup = sources.backup()
        (observation.journalWaiting, observation.journalDropped) = sources.journal()
        return observation
    }

    private func count() async -> Count? {
        if let kept, time.uptime - kept.at < Self.keeping { return kept.count }
        if !isCounting {
            isCounting = true
            Task { [store, sources, time] in
                let now = time.now
                let census = try? await store.census(now: now)
                let expiry = try? await sources.expiry?(now)
                finished(census.map { Count(census: $0, expiry: expiry) })
            }
        }
        lastWaiter += 1
        let waiter = lastWaiter
        return await withCheckedContinuation { continuation in
            waiters[waiter] = continuation
            Task { [time] in
                try? await time.sleep(for: Self.patience)
                giveUp(waiter)
            }
        }
    }

    private func finished(_ count: Count?) {
        isCounting = false
        if let count { kept = (count, time.uptime) }
        for waiter in waiters.values { waiter.resume(returning: count) }
        waiters = [:]
    }

    private func giveUp(_ waiter: Int) {
        waiters.removeValue(forKey: waiter)?.resume(returning: nil)
    }
}
