package import RefreshCore
package import RefreshDaemon

/// How the fleet stands at one moment.
package struct FleetObservation: Equatable, Sendable {
    package var at: Timestamp
    /// Nil when the store did not answer in time.
    package var census: Census?
    /// Nil when nobody counts it.
    package var expiry: TokenExpiry?
    package var inFlight = 0
    package var concurrency = 0
    /// The calls a second that the configuration allows.
    package var rateLimit = 0.0
    /// The calls a second that Tight lets through, as far as was learned; nil while no limit is known.
    package var learnedRate: Double?
    package var breaker = Breaker.State.closed
    package var throttling: Throttling.Pause?
    package var pause: FleetPause?
    package var isStopping = false
    /// Since the scheduler last completed a turn; nil before the first.
    package var sinceLastTurn: Duration?
    package var storeTrouble: StoreHealth.Trouble?
    package var problemsInFile = 0
    package var journalWaiting = 0
    package var journalDropped = 0
    /// Nil when no backups are asked for.
    package var backup: BackupLedger.Standing?

    package init(at: Timestamp) {
        self.at = at
    }

    /// How long the user that waits longest has been due; zero when nobody waits.
    package var scheduleLag: Duration {
        guard let census, census.overdue > 0, let oldest = census.oldestDue else { return .zero }
        return max(.zero, oldest.duration(to: at))
    }
}
