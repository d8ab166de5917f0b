package import FleetMetrics
package import RefreshCore
package import RefreshDaemon

/// Whom the page asks how things stand.
package struct WebWatch: Sendable {
    package var observe: @Sendable () async -> FleetObservation
    package var tallies: @Sendable () -> Tallies
    package var process: @Sendable () -> ProcessUsage?
    /// The fleet's name, for people with several; nil for none.
    package var title: String?
    package var version: String
    /// When the daemon started.
    package var since: Timestamp
    package var pulse: @Sendable () -> WebPulse

    package init(
        observe: @escaping @Sendable () async -> FleetObservation, tallies: @escaping @Sendable () -> Tallies,
        process: @escaping @Sendable () -> ProcessUsage?,
        pulse: @escaping @Sendable () -> WebPulse,
        title: String?, version: String, since: Timestamp
    ) {
        self.observe = observe
        self.tallies = tallies
        self.process = process
        self.pulse = pulse
        self.title = title
        self.version = version
        self.since = since
    }
}
