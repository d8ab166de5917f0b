package import RefreshCore
package import RefreshDaemon

/// All metrics as text, for a scrape.
///
/// No metric is about a single user.
package struct MetricsText {
    package static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    private var out = ExpositionText()

    package static func text(
        _ tallies: Tallies, _ fleet: FleetSnapshot, process: ProcessUsage?, version: String,
        refusedLogins: Int
    ) -> String {
        var page = MetricsText()
        page.add(health: fleet)
        page.add(attempts: tallies, fleet)
        page.add(users: fleet)
        page.add(renewals: tallies, fleet)
        page.add(limits: fleet, openings: tallies.breakerOpenings)
        page.add(store: tallies, fleet)
        page.add(backups: fleet)
        page.add(journal: tallies, fleet)
        page.out.sample(.refusedLogins, refusedLogins)
        page.add(members: fleet)
        page.out.sample(.build, 1, ("version", version))
        if let process { page.add(process) }
        return page.out.text
    }

    private mutating func add(health fleet: FleetSnapshot) {
        let health = Health(fleet)
        for level in Health.Severity.allCases {
            out.sample(.health, level == health.level ? 1 : 0, ("level", level.rawValue))
        }
        for kind in Health.Finding.Kind.allCases where fleet.census != nil || !kind.isCounted {
            let level = health.finding(kind)?.level
            let value = level.map { $0 == .trouble ? 3 : $0 == .attention ? 2 : 1 } ?? 0
            out.sample(.findings, value, ("finding", kind.rawValue))
        }
    }

    private mutating func add(attempts: Tallies, _ fleet: FleetSnapshot) {
        for kind in OutcomeKind.allCases {
            out.sample(.attempts, fleet.outcomes[kind] ?? 0, ("outcome", kind.rawValue))
        }
        if fleet.tallies != nil {
            let counts = fleet.lastDay
            for kind in OutcomeKind.allCases {
                out.sample(.lastDay, counts[kind] ?? 0, ("outcome", kind.rawValue))
            }
        }
        out.histogram(.duration, attempts.calls)
        out.histogram(.lateness, attempts.lateness)
        if let moment = attempts.lastSuccess { out.sample(.lastSuccess, moment.secondsSinceEpoch) }
    }

    private mutating func add(users fleet: FleetSnapshot) {
        if let census = fleet.census {
            for kind in UserState.Kind.allCases {
                let name = kind.rawValue.replacing(" ", with: "_")
                out.sample(.users, census.byState[kind] ?? 0, ("state", name))
            }
            for reason in ParkReason.allCases {
                let name = reason.rawValue.replacing(" ", with: "_")
                out.sample(.parked, census.byParkReason[reason] ?? 0, ("reason", name))
            }
            out.sample(.overdue, census.overdue)
            out.sample(.lag, fleet.scheduleLag.inSeconds)
        }
        guard let expiry = fleet.expiry else { return }
        for (span, count) in [
            ("0d", expiry.expired), ("1d", expiry.withinDay), ("7d", expiry.withinWeek), ("30d", expiry.withinMonth),
        ] {
            out.sample(.expiry, count, ("within", span))
        }
    }

    private mutating func add(renewals tallies: Tallies, _ fleet: FleetSnapshot) {
        out.sample(.renewals, tallies.renewals.renewed, ("result", "renewed"))
        out.sample(.renewals, tallies.renewals.failed, ("result", "failed"))
        out.sample(.renewals, tallies.renewals.refused, ("result", "refused"))
        out.sample(.renewalsSuspended, fleet.renewals?.opening == nil ? 0 : 1)
    }

    private mutating func add(limits fleet: FleetSnapshot, openings: Int) {
        out.sample(.inFlight, fleet.inFlight)
        out.sample(.concurrency, fleet.concurrency ?? 0)
        out.sample(.rate, fleet.rateLimit)
        if let rate = fleet.learnedRate { out.sample(.learnedRate, rate) }
        for state in ["closed", "open", "probing"] {
            out.sample(.breaker, state == fleet.breaker.name ? 1 : 0, ("state", state))
        }
        out.sample(.openings, openings)
        out.sample(.throttled, fleet.throttling == nil ? 0 : 1)
        out.sample(.paused, fleet.pause == nil ? 0 : 1)
        if let span = fleet.sinceLastTurn { out.sample(.turn, span.inSeconds) }
        out.sample(.fileProblems, fleet.problemsInFile)
    }

    private mutating func add(store tallies: Tallies, _ fleet: FleetSnapshot) {
        for operation in [MeasuredOperation.lease, .settle] {
            out.histogram(.storeLatency, tallies.work[operation], ("operation", operation.rawValue))
        }
        out.sample(.storeFailures, tallies.storeFailures)
        out.sample(.storeWorking, fleet.storeFailure == nil ? 1 : 0)
    }

    private mutating func add(backups fleet: FleetSnapshot) {
        guard let backup = fleet.backup else { return }
        out.sample(.backupAge, backup.age(now: fleet.at).inSeconds)
        out.sample(.backupInterval, backup.every.inSeconds)
    }

    private mutating func add(journal tallies: Tallies, _ fleet: FleetSnapshot) {
        out.histogram(.journalLatency, tallies.work[.journalSend])
        out.sample(.journalWaiting, fleet.journalWaiting)
        out.sample(.journalDropped, fleet.journalDropped)
    }

    private mutating func add(members snapshot: FleetSnapshot) {
        guard let fleet = snapshot.fleet else { return }
        out.sample(.members, fleet.living.count)
        for member in fleet.members {
            let age = max(.zero, member.seenAt.duration(to: snapshot.at))
            out.sample(.memberAge, age.inSeconds, ("member", member.name))
        }
    }

    private mutating func add(_ process: ProcessUsage) {
        out.sample(.started, process.startedAt.secondsSinceEpoch)
        out.sample(.processor, process.processorTime.inSeconds)
        out.sample(.memory, process.residentBytes)
        out.sample(.files, process.openFiles)
    }
}

extension Health.Finding.Kind {
    /// Whether the finding depends on counts from the store.
    fileprivate var isCounted: Bool {
        switch self {
        case .late, .backingOff, .tokensExpiring, .callsFailing, .parkedUnauthorized, .parkedForbidden, .parkedRefused,
            .storeLogGrows:
            true
        case .daemonDown, .schedulerStuck, .storeFailing, .storeSlow, .paused, .breakerOpen, .throttled, .alertFailing,
            .alertAPI, .alertRejected, .alertRefused, .alertRefusedCalls, .alertStale, .renewalsSuspended,
            .backupMissing, .reloadRefused, .journalDropped, .outOfTouch, .settingsNotTaken, .settingsAwaited,
            .memberMissing, .settingsDiffer, .clockApart:
            false
        }
    }
}

extension Breaker.State {
    /// The state in one word.
    package var name: String {
        switch self {
        case .closed: "closed"
        case .open: "open"
        case .probing: "probing"
        }
    }
}

extension Duration {
    fileprivate var inSeconds: Double { Double(wholeMicroseconds) / 1_000_000 }
}

extension Timestamp {
    fileprivate var secondsSinceEpoch: Double { Double(microsecondsSinceEpoch) / 1_000_000 }
}
