package import RefreshCore

/// The operations that the store alone can answer, for a command line when no daemon runs.
package struct StoreOperations: FleetOperating {
    private let users: UserOperations
    private let keyring: any KeyOperating
    private let version: String

    package init(
        store: any UserStore, vault: any TokenSealing, time: any Timekeeping, events: any EventReporting,
        policies: Policies, keyring: any KeyOperating, version: String
    ) {
        users = UserOperations(
            store: store, vault: vault, time: time, events: events, pace: WorkPace(always: 10_000),
            policies: { policies })
        self.keyring = keyring
        self.version = version
    }

    package func put(_ entries: [UserEntry], part: ImportPart?) async throws -> [PutAnswer] {
        try await users.put(entries, part: part)
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

    /// Tells the journal of what was begun and broke off, and sweeps after it.
    package func finish() async throws {
        users.imports.endAll()
        try await users.sweeper.sweep()
    }

    package func regroup(_ ids: [UserID], to group: GroupName?, part: ImportPart?) async throws -> [RegroupAnswer] {
        try await users.regroup(ids, to: group, part: part)
    }

    package func rename(_ id: UserID, to new: UserID) async throws -> UserReport {
        UserReport(try await users.rename(id, to: new))
    }

    package func pause(_ id: UserID, until: Timestamp?) async throws -> UserReport {
        UserReport(try await users.pause(id, until: until))
    }

    package func resume(_ id: UserID) async throws -> UserReport {
        UserReport(try await users.resume(id))
    }

    package func status() async throws -> StatusReport {
        let census = try await users.store.census(now: users.time.now)
        let nextDue = try await users.store.nextDue()
        let now = users.time.now
        let pause = try await users.store.fleetPause().flatMap { pause in
            pause.until.map { $0 > now } ?? true ? pause : nil
        }
        return StatusReport(
            phase: .down, version: version, summary: "No daemon is running; \(census.users) users are stored",
            census: census, nextDue: nextDue, pause: pause, tallies: try await users.tallies(), now: now,
            space: try await users.store.space(), groups: try await users.store.groupSizes(),
            policies: users.policies(),
            alerts: try await users.store.raisedAlerts())
    }

    /// Holds for the daemon that is started next.
    package func pauseFleet(until: Timestamp?, reason: String?) async throws -> StatusReport {
        if let until, until <= users.time.now {
            throw OperationProblem.badRequest("the pause would end at \(until), which has passed")
        }
        try await users.store.setFleetPause(FleetPause(until: until, reason: reason))
        return try await status()
    }

    package func resumeFleet() async throws -> StatusReport {
        try await users.store.setFleetPause(nil)
        return try await status()
    }

    package func dueHistogram(from: Timestamp, width: Duration, count: Int) async throws -> DueHistogram {
        try await users.dueHistogram(from: from, width: width, count: count)
    }

    package func refresh(_ ids: [UserID], force: Bool) async throws -> [RefreshReport] {
        throw OperationProblem.daemonNotRunning
    }

    package func queueRefresh(_ ids: [UserID]) async throws -> [RefreshReport] {
        try await users.queueRefresh(ids).map { report in
            var report = report
            if report.answer == .queued { report.reason = "no daemon is running" }
            return report
        }
    }

    package func reload() async throws -> ReloadReport { throw OperationProblem.daemonNotRunning }

    package func compact(after mark: String?) async throws -> CompactionReport {
        try await users.compact(after: mark)
    }

    package func keys() async throws -> KeyReport { try await keyring.report() }
    package func keyUsage() async throws -> KeyReport { try await keyring.usage() }
    package func reloadKeys() async throws -> KeyReport { try await keyring.reload() }
}
