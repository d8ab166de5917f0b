import RefreshCore

/// Ends the pause of all calls, and a wait that Tight asked for.
package struct ResumeAll: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "resume"

    package init() {}

    package func run(with daemon: DaemonContext) async throws -> StatusReport {
        try await daemon.pausing.run {
            try await daemon.stored.store.setFleetPause(nil)
            daemon.work.gate.endThrottling()
            if let pause = daemon.work.gate.fleetPause {
                daemon.work.gate.pauseFleet(nil)
                daemon.events.report(.fleetResumed(pause))
            }
        }
        return try await daemon.status()
    }

    package func run(with store: StoreContext) async throws -> StatusReport {
        try await store.store.setFleetPause(nil)
        return try await store.status()
    }
}
