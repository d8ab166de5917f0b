/// Everything that is known about all users and the work at one moment.
///
/// What the store counts is nil if it was not asked, or did not answer.
package struct FleetSnapshot: Equatable, Sendable {
    package enum Phase: String, CaseIterable, Sendable {
        /// The scheduler has not completed its first turn.
        case starting
        case running, stopping
        /// No daemon runs; what is known comes from the store.
        case down
    }

    package struct StoreFailure: Equatable, Sendable {
        /// What is wrong, with the place.
        package let text: String
        package let remedy: String?
        package let since: Timestamp

        package init(text: String, remedy: String?, since: Timestamp) {
            self.text = text
            self.remedy = remedy
            self.since = since
        }

        /// A sentence without a full stop: `The store does not work: the disk that holds … is full`.
        package var sentence: String { "The store does not work: \(text)" }
    }

    package struct Backup: Equatable, Sendable {
        package var every: Duration
        /// When the last good backup was made; nil if there is none.
        package var last: Timestamp?
        /// Since when a backup has been wanted, if there is none.
        package var since: Timestamp
        /// Why the latest try failed; nil if it did not.
        package var failure: String?

        package init(every: Duration, last: Timestamp?, since: Timestamp, failure: String?) {
            self.every = every
            self.last = last
            self.since = since
            self.failure = failure
        }

        /// The age of the last good backup; if there is none, how long one has been wanted.
        package func age(now: Timestamp) -> Duration { max(.zero, (last ?? since).duration(to: now)) }
    }

    /// How many users' tokens expire soon; each span includes the shorter ones.
    package struct Expiry: Equatable, Sendable {
        package var expired: Int
        package var withinDay: Int
        package var withinWeek: Int
        package var withinMonth: Int

        package init(expired: Int = 0, withinDay: Int = 0, withinWeek: Int = 0, withinMonth: Int = 0) {
            self.expired = expired
            self.withinDay = withinDay
            self.withinWeek = withinWeek
            self.withinMonth = withinMonth
        }
    }

    package var at: Timestamp
    package var phase: Phase
    /// When the daemon started; nil when none runs.
    package var since: Timestamp?
    /// Since the scheduler last completed a turn; nil before the first.
    package var sinceLastTurn: Duration?

    // MARK: What the store counts

    package var census: Census?
    /// When `census` was counted.
    package var countedAt: Timestamp
    /// The store was asked to count, and did not answer in time.
    package var isCountMissing = false
    package var expiry: Expiry?
    /// Attempts of the last day, in buckets of five minutes; empty if no history is kept.
    package var tallies: [AttemptTally]?
    package var groups: [GroupSize] = []
    /// Nil if the store uses no disk of this machine.
    package var space: StoreSpace?

    // MARK: What the work knows

    /// When the next call is due by the users' schedules; nil if no user is due or it is not known.
    package var nextDue: Timestamp?
    package var inFlight = 0
    /// Calls that may be in flight at present; nil when no daemon runs.
    package var concurrency: Int?
    /// Calls per second that the configuration allows.
    package var rateLimit = 0.0
    /// Calls per second that Tight lets through, as learned; nil until that is certain.
    package var learnedRate: Double?
    package var breaker = Breaker.State.closed
    /// The breaker of renewals; nil if tokens are not renewed.
    package var renewals: Breaker.State?
    package var throttling: Throttling.Pause?
    package var pause: FleetPause?
    package var storeFailure: StoreFailure?
    /// The daemons of this store at the latest beat; nil if the store is not shared.
    package var fleet: FleetState?
    /// Whether the other daemons do not account for this one's calls, so that it makes none.
    package var isOutOfTouch = false
    /// Why this daemon's latest beat failed; nil if it did not.
    package var fleetProblem: String?
    /// Why this daemon cannot follow the fleet's settings; nil if it does.
    package var settingsProblem: String?
    /// Whether this daemon makes no calls because it does not know the fleet's settings yet.
    package var areSettingsAwaited = false
    /// How far this machine's clock is ahead of the store's; nil if they are the same clock.
    package var clockAhead: Duration?
    /// Attempts that ended since the daemon started.
    package var outcomes: [OutcomeKind: Int] = [:]
    package var alerts: [Alert] = []
    /// Nil if no backups are configured.
    package var backup: Backup?
    package var policies = Policies()
    /// Problems for which the configuration file was refused when it was last read.
    package var problemsInFile = 0
    package var journalWaiting = 0
    package var journalDropped = 0

    package init(at: Timestamp, phase: Phase) {
        self.at = at
        self.phase = phase
        countedAt = at
    }

    /// How long the oldest overdue user had been due when users were counted; zero if no user is overdue.
    package var scheduleLag: Duration {
        guard let census, census.overdue > 0, let oldest = census.oldestDue else { return .zero }
        return max(.zero, oldest.duration(to: countedAt))
    }

    /// Users that wait for their slot and are not overdue.
    package var fresh: Int? {
        census.map { max(0, ($0.byState[.scheduled] ?? 0) - $0.overdue) }
    }

    /// Whether a condition that is reported by itself holds back all calls.
    package var isHeld: Bool { pause != nil || throttling != nil || breaker != .closed }

    /// Attempts that began in the last hour, in whole buckets of five minutes.
    package var lastHour: [OutcomeKind: Int] {
        let hour = at.advanced(by: .zero - .hours(1))
        return pastTallies.filter { $0.from.advanced(by: AttemptTally.width) > hour }.counts
    }

    package var lastDay: [OutcomeKind: Int] { pastTallies.counts }

    /// Without the attempts of a time when the clock was ahead.
    private var pastTallies: [AttemptTally] { (tallies ?? []).filter { $0.from <= at } }
}
