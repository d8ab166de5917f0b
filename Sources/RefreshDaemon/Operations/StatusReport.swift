package import RefreshCore

/// What the daemon is doing now.
///
/// Times are RFC 3339 in UTC.
package struct StatusReport: Codable, Sendable, Equatable {
    package enum Phase: String, Codable, Sendable, CaseIterable {
        /// The daemon runs or starts.
        case running, stopping
        /// No daemon runs; the figures come from the store.
        case down
    }

    package struct Breaker: Codable, Sendable, Equatable {
        package enum State: String, Codable, Sendable, CaseIterable { case closed, open, probing }
        package var state: State
        package var reason: String?
        package var until: String?
        /// The command that shows what is wrong; nil if the API is the cause.
        package var inspection: String?

        init(_ breaker: RefreshCore.Breaker.State) {
            switch breaker {
            case .closed: state = .closed
            case .open(let opening): (state, until) = (.open, opening.until.description)
            case .probing: state = .probing
            }
            guard let cause = breaker.opening?.cause else { return }
            reason = cause.text
            inspection = cause.blame == .api ? nil : "bankrefreshd check-config --connect"
        }
    }

    /// A group that users belong to.
    package struct Group: Codable, Sendable, Equatable {
        package var name: String
        package var users: Int
        /// False if the configuration does not name the group, so that the general rules apply to its users.
        package var isConfigured: Bool

        package init(name: String, users: Int, isConfigured: Bool) {
            self.name = name
            self.users = users
            self.isConfigured = isConfigured
        }
    }

    /// Why the store does not work.
    package struct StoreTrouble: Codable, Sendable, Equatable {
        package var problem: String
        package var remedy: String?
        package var since: String

        init(_ trouble: FleetSnapshot.StoreFailure) {
            (problem, remedy, since) = (trouble.text, trouble.remedy, trouble.since.description)
        }
    }

    /// The health of the daemon: a level, a headline and the findings, the worst first.
    package struct Health: Codable, Sendable, Equatable {
        package var level: RefreshCore.Health.Severity
        package var headline: String
        package var findings: [RefreshCore.Health.Finding]

        init(_ health: RefreshCore.Health) {
            (level, headline, findings) = (health.level, health.headline, health.findings)
        }
    }

    /// The disk space of the store.
    package struct Store: Codable, Sendable, Equatable {
        /// The size of all its files together.
        package var bytes: Int64
        /// Free space in the files.
        ///
        /// The store reuses it, or `store compact` returns it to the disk.
        package var freeBytes: Int64
        /// Approximately what the calls of the last day added to the history.
        package var historyBytesLastDay: Int64
    }

    /// One of the daemons that share the store.
    package struct Member: Codable, Sendable, Equatable {
        package var name: String
        package var version: String
        /// Whether it said within the last 6 seconds that it works.
        package var isAlive: Bool
        /// Whether it is the daemon that answers.
        package var isAnswering: Bool
        package var since: String
        /// When it was last heard from.
        package var seen: String
        package var callsInFlight: Int
        /// Calls that ended since it started.
        package var calls: Int
        /// Its share of rate and concurrency, from 0 to 1.
        package var share: Double
        /// The server that it has the store on: host, port and database; nil if it does not say so.
        ///
        /// All members name the same one, unless two servers take writes at once.
        package var server: String?

        init(_ member: FleetMember, of fleet: FleetState) {
            name = member.name
            version = member.version
            isAnswering = member.id == fleet.member
            isAlive = fleet.isLiving(member)
            since = member.joinedAt.description
            seen = member.seenAt.description
            callsInFlight = member.report.callsInFlight
            calls = member.report.calls
            share = isAlive ? 1 / Double(max(1, fleet.living.count)) : 0
            server = member.report.server
        }
    }

    package var phase: Phase
    package var version: String
    /// The status in one line: `Refreshing, 3 in flight, next call 2026-11-22T18:58:52Z`.
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
    /// The current limit of calls in flight; nil if no daemon runs.
    package var concurrency: Int?
    /// The rate in calls per second that Tight accepts, as measured; nil while no limit is known.
    package var learnedRate: Double?
    package var breaker: Breaker?
    /// The breaker of renewals; nil if no daemon runs or the daemon renews no tokens.
    package var renewals: Breaker?
    /// When calls resume after Tight asked to call less often; nil if calls do not wait for that.
    package var throttledUntil: String?
    package var fleetPausedUntil: String?
    package var fleetPaused: Bool
    /// The reason that the operator gave for the pause of all calls.
    package var fleetPauseReason: String?
    /// Attempts that ended since the daemon started, by outcome.
    package var outcomes: [String: Int]
    /// Attempts that began in the last hour or day, by outcome, accurate to five minutes, across restarts.
    ///
    /// Empty if the store keeps no history.
    package var outcomesLastHour: [String: Int]
    package var outcomesLastDay: [String: Int]
    /// The server that has the store, as it answered last: host, port and database, and the address of a host that has
    /// a name; nil if the store is a file.
    package var server: String?
    /// Nil if the store uses no disk of this machine.
    package var store: Store?
    /// Nil while the store works.
    ///
    /// While it does not, the daemon makes no calls.
    package var storeTrouble: StoreTrouble?
    /// Whether the store did not answer, or did not count within 5 s, so that its figures are missing.
    ///
    /// Users, their states, calls that are due or overdue, the last hour and day, members and groups are then 0, nil or
    /// empty. What the daemon knows by itself is right.
    package var areCountsMissing: Bool
    package var journalEntriesDropped: Int
    /// The daemons that share the store, by name; empty if the store belongs to one daemon.
    package var members: [Member]
    /// The group with the most users first.
    package var groups: [Group]
    /// Nil if the configuration asks for no backups, or if no daemon runs.
    package var backup: BackupReport?
    /// The alerts that are raised.
    ///
    /// Without a daemon, those that were raised when the last daemon stopped.
    package var alerts: [AlertReport]
    /// The address of the page; nil if the daemon serves none, or if no daemon runs.
    package var webListen: String?
    /// Nil if no daemon runs.
    package var configuration: ConfigurationReport?
    /// The number of problems for which the last reload refused the configuration file; nil if it succeeded.
    package var configurationProblems: Int?

    package init(
        _ snapshot: FleetSnapshot, version: String, configuration: ConfigurationReport? = nil, webListen: String? = nil
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
        server = snapshot.fleet?.answeredBy
        storeTrouble = snapshot.storeFailure.map { StoreTrouble($0) }
        areCountsMissing = snapshot.isCountMissing
        func named(_ outcomes: [OutcomeKind: Int]) -> [String: Int] {
            Dictionary(uniqueKeysWithValues: outcomes.map { ($0.key.rawValue, $0.value) })
        }
        outcomes = named(snapshot.outcomes)
        outcomesLastHour = named(snapshot.lastHour)
        outcomesLastDay = named(snapshot.lastDay)
        store = snapshot.space.map {
            let attempts = snapshot.lastDay.values.reduce(0, +)
            return Store(
                bytes: $0.bytes, freeBytes: $0.freeBytes,
                historyBytesLastDay: Int64(attempts) * AttemptRecord.storedBytes)
        }
        journalEntriesDropped = snapshot.journalDropped
        // Only the store knows the current state of members.
        let fleet = snapshot.isCountMissing ? nil : snapshot.fleet
        members = fleet.map { fleet in fleet.members.map { Member($0, of: fleet) } } ?? []
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

/// The state of the daemon's backups.
package struct BackupReport: Codable, Sendable, Equatable {
    /// How often the daemon makes a backup.
    package var every: String
    /// The time of the last good backup; nil if there is none.
    package var last: String?
    /// Why the latest try failed; nil if it succeeded.
    package var failure: String?
}

extension BackupReport {
    init(_ standing: BackupLedger.Standing) {
        self.init(every: standing.every.text, last: standing.last?.description, failure: standing.failure)
    }
}

/// An alert that is raised.
package struct AlertReport: Codable, Sendable, Equatable {
    package var kind: AlertKind
    /// The problem, as a sentence without a full stop.
    package var text: String
    /// RFC 3339, UTC.
    package var since: String
    /// The measured value: a share from 0 to 1, a number of users, or seconds, as in the configuration of this alert.
    package var value: Double
    package var threshold: Double
    /// The number of affected users; nil if the alert does not count users.
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
