package import RefreshCore

/// The operations that the store alone can answer, for a command line when no daemon runs.
package struct StoreOperations: FleetOperating {
    private let users: UserOperations
    private let keyring: any KeyOperating
    private let version: String

    package init(
        store: any UserStore, vault: any TokenSealing, time: any Timekeeping, policies: Policies,
        keyring: any KeyOperating, version: String
    ) {
        users = UserOperations(store: store, vault: vault, time: time, policies: { policies })
        self.keyring = keyring
        self.version = version
    }

    package func put(_ entries: [UserEntry], part: ImportPart?) async throws -> [PutAnswer] {
        try await users.put(entries).map(\.answer)
    }

    package func list(_ query: UserQuery) async throws -> [UserReport] { try await users.list(query) }
    package func show(_ id: UserID) async throws -> UserReport { try await users.show(id) }
    package func history(of id: UserID, _ query: HistoryQuery) async throws -> HistoryReport {
        try await users.history(of: id, query)
    }

    package func export(_ id: UserID) async throws -> UserExport { try await users.export(id) }

    package func export(after: UserID?, limit: Int) async throws -> [UserExport] {
        try await users.export(after: after, limit: limit)
    }

    package func remove(_ id: UserID) async throws { try await users.remove(id) }

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

    package func keys() async throws -> KeyReport { try await keyring.report() }
    package func keyUsage() async throws -> KeyReport { try await keyring.usage() }
    package func reloadKeys() async throws -> KeyReport { try await keyring.reload() }
}
