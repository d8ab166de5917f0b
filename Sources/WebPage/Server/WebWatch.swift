package import FleetMetrics
package import RefreshCore
package import RefreshDaemon

/// Whom the page asks how things stand.
package struct WebWatch: Sendable {
    package var observe: @Sendable () async -> FleetSnapshot
    /// As far as it is known without asking the store: for health checks.
    package var snapshot: @Sendable () -> FleetSnapshot
    package var tallies: @Sendable () -> Tallies
    package var process: @Sendable () -> ProcessUsage?
    /// The fleet's name, for people with several; nil for none.
    package var title: String?
    package var version: String

    package init(
        observe: @escaping @Sendable () async -> FleetSnapshot, snapshot: @escaping @Sendable () -> FleetSnapshot,
        tallies: @escaping @Sendable () -> Tallies, process: @escaping @Sendable () -> ProcessUsage?,
        title: String?, version: String
    ) {
        self.observe = observe
        self.snapshot = snapshot
        self.tallies = tallies
        self.process = process
        self.title = title
        self.version = version
    }
}
