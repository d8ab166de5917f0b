package import RefreshCore

/// What a report says of the process that the daemon runs in.
package struct ProcessFacts: Sendable {
    package let version: String
    /// Where the page is served; nil when it is not.
    package let webListen: String?
    package let journalEntriesDropped: @Sendable () -> Int

    package init(version: String, webListen: String?, journalEntriesDropped: @escaping @Sendable () -> Int) {
        self.version = version
        self.webListen = webListen
        self.journalEntriesDropped = journalEntriesDropped
    }
}

/// The operations as the running daemon answers them.
package struct FleetOperations: FleetOperating {
    private let users: UserOperations
    private let manual: ManualRefresh
    private let gate: AdmissionGate
    private let scheduler: Scheduler
    private let renewer: Renewer
    private let settings: LiveSettings
    private let doorbell: Doorbell
    private let counters: OutcomeCounters
    private let source: any ConfigurationSource
    private let keyring: any KeyOperating
    private let notifier: any ServiceNotifying
    private let time: any Timekeeping
    private let events: any EventReporting
    private let process: ProcessFacts
    private let since: Timestamp
    private let alerts: AlertMonitor
    private let reloads: ReloadMemory
    private let backups: BackupLedger
    private let pausing = OneAtATime()
    private let reloading = OneAtATime()
    private let compacting = OneAtATime()
    /// Has to be run beside the daemon.
    package let imports: ImportLedger
    /// As `imports`.
    package let sweeper: RemovalSweeper

    package init(
        of daemon: Daemon, source: any ConfigurationSource, keyring: any KeyOperating, process: ProcessFacts
    ) {
        let settings = daemon.settings
        time = daemon.ports.time
        events = daemon.ports.events
        users = UserOperations(
            store: daemon.ports.store, vault: daemon.ports.vault, time: time, events: events,
            pace: WorkPace(50, within: 20...250, for: .milliseconds(20)),
            policies: { settings.value.policies })
        manual = ManualRefresh(
            store: daemon.ports.store, flow: daemon.flow, frame: daemon.frame, settings: settings, time: time)
        gate = daemon.gate
        scheduler = daemon.scheduler
        renewer = daemon.renewer
        self.settings = settings
        doorbell = daemon.doorbell
        counters = daemon.counters
        self.source = source
        self.keyring = keyring
        notifier = daemon.ports.notifier
        self.process = process
        since = time.now
        alerts = daemon.alerts
        backups = daemon.backups
        reloads = ReloadMemory(startedAt: time.now)
        imports = users.imports
        sweeper = users.sweeper
    }

    package func put(_ entries: [UserEntry], part: ImportPart?) async throws -> [PutAnswer] {
        let answers = try await users.put(entries, part: part)
        if answers.contains(where: { $0 != .unchanged }) { doorbell.ring() }
        return answers
    }

    package func preview(_ entries: [UserEntry]) async throws -> [PutAnswer] { try await users.preview(entries) }

    package func ids(after: UserID?, limit: Int) async throws -> [UserID] {
        try await users.ids(after: after, limit: limit)
    }

    package func list(_ query: UserQuery) async throws -> [UserReport] { try await users.list(query) }
    package func lines(_ query: UserQuery) async throws -> [UInt8] { try await users.lines(query) }

    package func exportLines(after: UserID?, limit: Int) async throws -> [UInt8] {
        try await users.exportLines(after: after, limit: limit)
    }

    package func show(_ id: UserID) async throws -> UserReport { try await users.show(id) }
    package func history(of id: UserID, _ query: HistoryQuery) async throws -> HistoryReport {
        try await users.history(of: id, query)
    }

    package func export(_ id: UserID) async throws -> UserExport { try await users.export(id) }

    package func export(after: UserID?, limit: Int) async throws -> [UserExport] {
        try await users.export(after: after, limit: limit)
    }

    package func remove(_ id: UserID) async throws { try await users.remove(id) }

    package func remove(_ ids: [UserID], _ terms: RemovalTerms) async throws -> [Removal] {
        try await users.remove(ids, terms)
    }

    package func regroup(_ ids: [UserID], to group: GroupName?, part: ImportPart?) async throws -> [RegroupAnswer] {
        defer { doorbell.ring() }
        return try await users.regroup(ids, to: group, part: part)
    }

    package func rename(_ id: UserID, to new: UserID) async throws -> UserReport {
        defer { doorbell.ring() }
        return UserReport(try await users.rename(id, to: new))
    }

    package func pause(_ id: UserID, until: Timestamp?) async throws -> UserReport {
        let user = try await users.pause(id, until: until)
        if case .paused = user.state { events.report(.userPaused(user)) }
        return UserReport(user)
    }

    package func resume(_ id: UserID) async throws -> UserReport {
        let user = try await users.resume(id)
        doorbell.ring()
        events.report(.userResumed(user))
        return UserReport(user)
    }

    package func refresh(_ ids: [UserID], force: Bool) async throws -> [RefreshReport] {
        let workers = max(1, min(ids.count, settings.value.admission.concurrency.max))
        var reports: [RefreshReport?] = Array(repeating: nil, count: ids.count)
        try await withThrowingTaskGroup(of: (Int, RefreshReport).self) { group in
            var next = 0
            while next < workers, next < ids.count {
                group.addTask { [next] in (next, try await manual.refresh(ids[next], force: force)) }
                next += 1
            }
            while let (index, report) = try await group.next() {
                reports[index] = report
                guard next < ids.count else { continue }
                group.addTask { [next] in (next, try await manual.refresh(ids[next], force: force)) }
                next += 1
            }
        }
        return reports.compactMap { $0 }
    }

    package func queueRefresh(_ ids: [UserID]) async throws -> [RefreshReport] {
        let reports = try await users.queueRefresh(ids)
        doorbell.ring()
        gate.passTime()
        guard let hold = gate.hold else { return reports }
        return reports.map { report in
            var report = report
            if report.answer == .queued { (report.reason, report.until) = (hold.reason, hold.until?.description) }
            return report
        }
    }

    package func pauseFleet(until: Timestamp?, reason: String?) async throws -> StatusReport {
        if let until, until <= time.now {
            throw OperationProblem.badRequest("the pause would end at \(until), which has passed")
        }
        let pause = FleetPause(until: until, reason: reason)
        try await pausing.run {
            try await users.store.setFleetPause(pause)
            gate.pauseFleet(pause)
            events.report(.fleetPaused(pause))
        }
        return try await status()
    }

    /// Ends the operator's pause, and the wait that Tight asked for.
    package func resumeFleet() async throws -> StatusReport {
        try await pausing.run {
            try await users.store.setFleetPause(nil)
            gate.endThrottling()
            if let pause = gate.fleetPause {
                gate.pauseFleet(nil)
                events.report(.fleetResumed(pause))
            }
        }
        return try await status()
    }

    package func status() async throws -> StatusReport {
        gate.passTime()
        let census = try await users.store.census(now: time.now)
        let nextDue = try await users.store.nextDue()
        return StatusReport(
            phase: scheduler.isStopped ? .stopping : .running, version: process.version,
            summary: scheduler.statusLine(nextDue: nextDue), since: since.description,
            census: census, nextDue: nextDue, inFlight: gate.inFlight,
            concurrency: gate.concurrency, learnedRate: gate.learnedRate, breaker: .init(gate.breaker),
            renewals: settings.value.renewsTokens ? .init(renewer.breaker) : nil,
            throttledUntil: gate.throttlingPause?.until,
            pause: gate.fleetPause, storeTrouble: scheduler.storeHealth.trouble,
            outcomes: counters.values, tallies: try await users.tallies(), now: time.now,
            space: try await users.store.space(), journalEntriesDropped: process.journalEntriesDropped(),
            groups: try await users.store.groupSizes(),
            policies: settings.value.policies, alerts: alerts.raised,
            configuration: reloads.report, configurationProblems: settings.problemsInFile,
            backup: backups.standing.map(BackupReport.init), webListen: process.webListen)
    }

    package func dueHistogram(from: Timestamp, width: Duration, count: Int) async throws -> DueHistogram {
        try await users.dueHistogram(from: from, width: width, count: count)
    }

    package func reload() async throws -> ReloadReport {
        try await reloading.run { try await reloadNow(isAnnounced: false) }
    }

    /// As `reload`, for a signal: whoever sent it hears of begin and end from the service manager alone.
    ///
    /// Not for others, who wait for the answer: systemd 257 does not restart a daemon that dies after the announcement
    /// while the command of `ExecReload=` lives, but waits for the watchdog.
    package func reloadBySignal() async throws -> ReloadReport {
        try await reloading.run { try await reloadNow(isAnnounced: true) }
    }

    private func reloadNow(isAnnounced: Bool) async throws -> ReloadReport {
        if isAnnounced { notifier.reloading() }
        defer {
            let status = scheduler.statusLine(nextDue: nil)
            if isAnnounced { notifier.ready(status: status) } else { notifier.status(status) }
        }
        do {
            let loaded = try await source.load()
            let old = settings.replace(with: loaded.settings)
            // Before the scheduler is woken: what suspended renewals may be mended.
            renewer.endPause()
            gate.configure(loaded.settings.admission)
            if old.policies != loaded.settings.policies { scheduler.reschedule() }
            reloads.taken(loaded.report, at: time.now)
            events.report(.reloaded(changes: loaded.report.changes, needRestart: loaded.report.needRestart))
            var report = loaded.report
            // A store that fails keeps no configuration from being taken.
            let sizes = (try? await users.store.groupSizes()) ?? []
            let unknown = loaded.settings.policies.unknown(sizes)
            if !unknown.isEmpty { events.report(.groupsUnknown(unknown)) }
            report.unknownGroups = unknown.map { .init(name: $0.group.rawValue, users: $0.users, isConfigured: false) }
            return report
        } catch {
            let problems =
                if case OperationProblem.configurationRefused(let problems) = error { problems } else { ["\(error)"] }
            settings.fileRefused(problems: problems.count)
            reloads.refused(problems, at: time.now)
            events.report(.reloadRefused(problems: problems))
            throw error
        }
    }

    package func compact(after mark: String?) async throws -> CompactionReport {
        try await compacting.run { try await users.compact(after: mark) }
    }

    package func keys() async throws -> KeyReport { try await keyring.report() }
    package func keyUsage() async throws -> KeyReport { try await keyring.usage() }
    package func reloadKeys() async throws -> KeyReport { try await keyring.reload() }
}
