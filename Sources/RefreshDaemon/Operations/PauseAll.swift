package import RefreshCore

/// Pauses all calls until the given time, or until `resume`; calls in flight end as usual.
///
/// The pause survives a restart.
package struct PauseAll: Operation {
    package enum CodingKeys: String, CodingKey, CaseIterable { case until, reason }

    package static let name = "pause"

    package let until: Timestamp?
    /// The reason, which status and journal show; truncated to 200 characters.
    package let reason: String?

    package init(until: Timestamp? = nil, reason: String? = nil) {
        self.until = until
        self.reason = reason
    }

    package func run(with daemon: DaemonContext) async throws -> StatusReport {
        try daemon.stored.checkEnd(ofPause: until)
        let pause = FleetPause(until: until, reason: reason)
        try await daemon.pausing.run {
            try await daemon.stored.store.setFleetPause(pause)
            daemon.work.gate.pauseFleet(pause)
            daemon.events.report(.fleetPaused(pause))
        }
        return try await daemon.status()
    }

    /// The pause holds for the daemon that is started next.
    package func run(with store: StoreContext) async throws -> StatusReport {
        try store.checkEnd(ofPause: until)
        try await store.store.setFleetPause(FleetPause(until: until, reason: reason))
        return try await store.status()
    }
}
