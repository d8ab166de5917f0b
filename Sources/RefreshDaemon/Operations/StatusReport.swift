package import RefreshCore

/// What the daemon is doing now.
///
/// Moments are RFC 3339 in UTC.
package struct StatusReport: Codable, Sendable, Equatable {
    package enum Phase: String, Codable, Sendable, CaseIterable {
        /// A daemon that starts, too.
        case running, stopping
        /// No daemon runs; the figures come from the store.
        case down
    }

    package struct Breaker: Codable, Sendable, Equatable {
        package enum State: String, Codable, Sendable, CaseIterable { case closed, open, probing }
        package var state: State
        package var reason: String?
        package var until: String?
        /// The command that shows what is wrong, where it is not the API.
        package var inspection: String?

        package init(state: State, reason: String? = nil, until: String? = nil, inspection: String? = nil) {
            self.state = state
            self.reason = reason
            self.until = until
            self.inspection = inspection
        }

        init(_ breaker: RefreshCore.Breaker.State) {
            switch breaker {
            case .closed: self.init(state: .closed)
            case .open(let opening):
                self.init(
                    state: .open, reason: opening.cause.text, until: opening.until.description,
                    inspection: Self.inspection(opening.cause))
            case .probing(let opening, _, _):
                self.init(
                    state: .probing, reason: opening.cause.text,
                    inspection: Self.inspection(opening.cause))
            }
        }

        private static func inspection(_ cause: RefreshCore.Breaker.Cause) -> String? {
            cause.blame == .api ? nil : "bankrefreshd check-config --connect"
        }
    }

    /// A group that users name.
    package struct Group: Codable, Sendable, Equatable {
        package var name: String
        package var users: Int
        /// False where everybody's rules hold, for the configuration does not name the group.
        package var isConfigured: Bool

        package init(name: String, users: Int, isConfigured: Bool) {
            self.name = name
            self.users = users
            self.isConfigured = isConfigured
        }
    }

    /// Why the store does not do what is asked of it.
    package struct StoreTrouble: Codable, Sendable, Equatable {
        package var problem: String
        package var remedy: String?
        package var since: String

        package init(problem: String, remedy: String? = nil, since: String) {
            self.problem = problem
            self.remedy = remedy
            self.since = since
        }

        init(_ trouble: FleetSnapshot.StoreFailure) {
            self.init(problem: trouble.text, remedy: trouble.remedy, since: trouble.since.description)
        }
    }

    /// How things are, in a word and a headline, and what somebody has to look at, the worst first.
    package struct Health: Codable, Sendable, Equatable {
        package var level: RefreshCore.Health.Severity
        package var headline: String
        package var findings: [RefreshCore.Health.Finding]

        package init(_ health: RefreshCore.Health) {
            (level, headline, findings) = (health.level, health.headline, health.findings)
        }
    }

    /// What the store takes of its disk.
    package struct Store: Codable, Sendable, Equatable {
        /// All its files together.
        package var bytes: Int64
        /// Where nothing lies any more, to be used again, or given back by `store compact`.
        package var freeBytes: Int64
        /// What the calls of the last day added to the history, about.
        package var historyBytesLastDay: Int64

        package init(bytes: Int64, freeBytes: Int64, historyBytesLastDay: Int64) {
            self.bytes = bytes
            self.freeBytes = freeBytes
            self.historyBytesLastDay = historyBytesLastDay
        }
    }

    package var phase: Phase
    package var version: String
    /// In a line: `Refreshing, 3 in flight, next call 2026-11-22T18:58:52Z`.
    package var summary: String
    package var health: Health
    package var since: String?
    package var users: Int
    package var scheduled: Int
    package var backingOff: Int
    package var parked: Int
    package var paused: Int
    package var overdue: Int
    package var oldestDue: String?
    package var nextDue: String?
    package var inFlight: Int
    /// Calls that may be in flight at present; nil when no daemon runs.
    package var concurrency: Int?
    /// Calls a second that Tight lets through, as far as was learned; nil while no limit is known.
    package var learnedRate: Double?
    package var breaker: Breaker?
    /// The breaker of renewals; nil when no daemon runs or tokens are not renewed.
    package var renewals: Breaker?
    /// Until when no calls are made because Tight asked to call less often; nil when it did not.
    package var throttledUntil: String?
    package var fleetPausedUntil: String?
    package var fleetPaused: Bool
    /// Why, in the operator's words.
    package var fleetPauseReason: String?
    /// Attempts since the daemon started, by outcome.
    package var outcomes: [String: Int]
    /// Attempts that began in the last hour and the last day, by outcome, to five minutes; restarts do not end them.
    ///
    /// Empty when no history is kept.
    package var outcomesLastHour: [String: Int]
    package var outcomesLastDay: [String: Int]
    /// Nil for a store that takes none of a disk of ours.
    package var store: Store?
    /// Nil while the store works: without it no calls are made.
    package var storeTrouble: StoreTrouble?
    package var journalEntriesDropped: Int
    /// The largest first.
    package var groups: [Group]
    /// Nil when none are asked for, or no daemon runs.
    package var backup: BackupReport?
    /// What the operator was alerted to and is not over; while no daemon runs, as the last one left it.
    package var alerts: [AlertReport]
    /// Where the page is served; nil when none is, or no daemon runs.
    package var webListen: String?
    /// Nil when no daemon runs.
    package var configuration: ConfigurationReport?
    /// Problems for which the configuration file was refused when it was last read; nil when it was taken.
    package var configurationProblems: Int?

    package init(
        _ snapshot: FleetSnapshot, version: String, space: StoreSpace? = nil,
        configuration: ConfigurationReport? = nil, webListen: String? = nil
    ) {
        let judgement = RefreshCore.Health(snapshot)
        phase =
            switch snapshot.phase {
            case .starting, .running: .running
            case .stopping: .stopping
            case .down: .down
            }
        self.version = version
        summary = judgement.summary
        health = Health(judgement)
        since = snapshot.since?.description
        let census = snapshot.census ?? Census()
        users = census.users
        scheduled = census.byState[.scheduled] ?? 0
        backingOff = census.byState[.backingOff] ?? 0
        parked = census.byState[.parked] ?? 0
        paused = census.byState[.paused] ?? 0
        overdue = census.overdue
        oldestDue = census.overdue > 0 ? census.oldestDue?.description : nil
        nextDue = snapshot.nextDue?.description
        inFlight = snapshot.inFlight
        concurrency = snapshot.concurrency
        learnedRate = snapshot.learnedRate
        breaker = snapshot.phase == .down ? nil : Breaker(snapshot.breaker)
        renewals = snapshot.renewals.map { Breaker($0) }
        throttledUntil = snapshot.throttling?.until.description
        fleetPaused = snapshot.pause != nil
        fleetPausedUntil = snapshot.pause?.until?.description
        fleetPauseReason = snapshot.pause?.reason
        storeTrouble = snapshot.storeFailure.map { StoreTrouble($0) }
        func named(_ outcomes: [OutcomeKind: Int]) -> [String: Int] {
            Dictionary(uniqueKeysWithValues: outcomes.map { ($0.key.rawValue, $0.value) })
        }
        outcomes = named(snapshot.outcomes)
        outcomesLastHour = named(snapshot.lastHour)
        outcomesLastDay = named(snapshot.lastDay)
        store = space.map {
            let attempts = snapshot.lastDay.values.reduce(0, +)
            return Store(
                bytes: $0.bytes, freeBytes: $0.freeBytes,
                historyBytesLastDay: Int64(attempts) * AttemptRecord.storedBytes)
        }
        journalEntriesDropped = snapshot.journalDropped
        groups = snapshot.groups.map {
            Group(name: $0.group.rawValue, users: $0.users, isConfigured: snapshot.policies.groups[$0.group] != nil)
        }
        backup = snapshot.backup.map(BackupReport.init)
        alerts = snapshot.alerts.map(AlertReport.init)
        self.configuration = configuration
        self.webListen = webListen
        configurationProblems = snapshot.problemsInFile > 0 ? snapshot.problemsInFile : nil
    }
}

/// How backups of the store stand.
package struct BackupReport: Codable, Sendable, Equatable {
    /// How often one is made.
    package var every: String
    /// When the last good one was taken; nil when there is none.
    package var last: String?
    /// Why the latest try failed; nil when it did not.
    package var failure: String?

    package init(every: String, last: String? = nil, failure: String? = nil) {
        self.every = every
        self.last = last
        self.failure = failure
    }

    init(_ standing: BackupLedger.Standing) {
        self.init(every: standing.every.text, last: standing.last?.description, failure: standing.failure)
    }
}

/// An alert that is raised, for people and programs.
package struct AlertReport: Codable, Sendable, Equatable {
    package var kind: AlertKind
    /// What is the matter, in a sentence without its full stop.
    package var text: String
    /// RFC 3339, UTC.
    package var since: String
    /// A share from 0 to 1, users, or seconds, as the configuration has it for this kind.
    package var value: Double
    package var threshold: Double
    /// How many users it is about; nil where it is not about users.
    package var users: Int?

    package init(_ alert: Alert) {
        kind = alert.kind
        text = alert.text
        since = alert.since.description
        value = alert.figure.value
        threshold = alert.threshold
        users = alert.figure.users
    }
}
