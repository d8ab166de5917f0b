import RefreshCore

/// What the daemon is doing now.
package struct ReadStatus: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "status"

    package init() {}

    package func run(with daemon: DaemonContext) async throws -> StatusReport {
        try await daemon.status()
    }

    package func run(with store: StoreContext) async throws -> StatusReport {
        try await store.status()
    }
}

extension DaemonContext {
    func status() async throws -> StatusReport {
        let snapshot = await work.observer.counted()
        return StatusReport(
            snapshot, version: stored.version, configuration: work.reloads.report, webListen: webListen)
    }
}

extension StoreContext {
    func status() async throws -> StatusReport {
        let now = time.now
        var snapshot = FleetSnapshot(at: now, phase: .down)
        snapshot.census = try await store.census(now: now)
        snapshot.nextDue = snapshot.census?.oldestDue
        snapshot.tallies = try await store.attemptTallies(since: now.advanced(by: .zero - .days(1)))
        snapshot.groups = try await store.groupSizes()
        snapshot.policies = policies()
        snapshot.alerts = try await store.raisedAlerts()
        snapshot.fleet = try await store.fleetState()
        snapshot.pause = try await store.fleetPause().flatMap { pause in
            pause.until.map { $0 > now } ?? true ? pause : nil
        }
        snapshot.space = try await store.space()
        return StatusReport(snapshot, version: version)
    }
}
