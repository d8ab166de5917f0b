/// All that is known of all users and of the work at one moment.
///
/// What the store counts is nil where it was not asked, or did not answer.
package struct FleetSnapshot: Equatable, Sendable {
    package enum Phase: String, CaseIterable, Sendable {
        /// The scheduler has not completed its first turn.
        case starting
        case running, stopping
        /// No daemon runs; what is known comes from the store.
        case down
    }

    /// Why the store does not do what is asked of it.
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

        /// In a sentence, without its end: `The store does not work: the disk that holds … is full`.
        package var sentence: String { "The store does not work: \(text)" }
    }

    /// How backups of the store stand.
    package struct Backup: Equatable, Sendable {
        package var every: Duration
        /// When the last good one was taken; nil when there is none.
        package var last: Timestamp?
        /// Since when one has been wanted, where there is none.
        package var since: Timestamp
        /// Why the latest try failed; nil when it did not.
        package var failure: String?

        package init(every: Duration, last: Timestamp?, since: Timestamp, failure: String?) {
            self.every = every
            self.last = last
            self.since = since
            self.failure = failure
        }

        /// How old the last good one is; where there is none, for how long one has been wanted.
        package func age(now: Timestamp) -> Duration { max(.zero, (last ?? since).duration(to: now)) }
    }

    /// How many users' tokens expire soon; each span holds the shorter ones.
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
    /// Attempts of the last day, in stretches of five minutes; empty where no history is kept.
    package var tallies: [AttemptTally]?
    package var groups: [GroupSize] = []
    /// Nil where the store takes none of this machine's disk.
    package var space: StoreSpace?

    // MARK: What the work knows

    /// When the next call is to be made, as far as users' schedules go; nil when nobody is due or it is not known.
    package var nextDue: Timestamp?
    package var inFlight = 0
    /// Calls that may be in flight at present; nil when no daemon runs.
    package var concurrency: Int?
    /// Calls a second that the configuration allows.
    package var rateLimit = 0.0
    /// Calls a second that Tight lets through, as was found out; nil while that is not certain.
    package var learnedRate: Double?
    package var breaker = Breaker.State.closed
    /// The breaker of renewals; nil where tokens are not renewed.
    package var renewals: Breaker.State?
    package var throttling: Throttling.Pause?
    package var pause: FleetPause?
    package var storeFailure: StoreFailure?
    /// The daemons of this store at the latest beat; nil where it is this one's alone, or none runs.
    package var fleet: FleetState?
    /// The others do not count on this daemon's calls: it makes none.
    package var isOutOfTouch = false
    /// Why this daemon could not say that it lives, the last time that it tried; nil if it could.
    package var fleetProblem: String?
    /// Why this daemon cannot follow the fleet's settings; nil if it does.
    package var settingsProblem: String?
    /// This daemon makes no calls before it knows the fleet's settings, and does not know them yet.
    package var areSettingsAwaited = false
    /// How far this machine's clock is ahead of the store's; nil where they are the same.
    package var clockAhead: Duration?
    /// Attempts that ended since the daemon started.
    package var outcomes: [OutcomeKind: Int] = [:]
    /// What is raised at present.
    package var alerts: [Alert] = []
    /// Nil when no backups are asked for.
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

    /// How long the user that waits longest had been due when users were counted; zero when nobody waits.
    package var scheduleLag: Duration {
        guard let census, census.overdue > 0, let oldest = census.oldestDue else { return .zero }
        return max(.zero, oldest.duration(to: countedAt))
    }

    /// Users that wait for their regular time, and are not late for it.
    package var fresh: Int? {
        census.map { max(0, ($0.byState[.scheduled] ?? 0) - $0.overdue) }
    }

    /// Something that is told already keeps all calls back.
    package var isHeld: Bool { pause != nil || throttling != nil || breaker != .closed }

    /// Attempts that began in the last hour, to five minutes.
    package var lastHour: [OutcomeKind: Int] {
        let hour = at.advanced(by: .zero - .hours(1))
        return (tallies ?? []).filter { $0.from.advanced(by: AttemptTally.width) > hour }.counts
    }

    package var lastDay: [OutcomeKind: Int] { (tallies ?? []).counts }
}
