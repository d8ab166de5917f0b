package import RefreshCore

/// Whether the daemon is ready, as `/readyz` says it; the store is not asked.
package struct ReadHealth: Operation {
    package typealias CodingKeys = NoParameters

    package static let name = "health"
    /// A probe that takes longer than a container engine waits gets no answer.
    package static let patience = Duration.seconds(5)

    package init() {}

    package func run(with daemon: DaemonContext) async throws -> HealthReport {
        HealthReport(Health(daemon.work.observer.snapshot()).readiness)
    }
}

/// The answer to a health check.
package struct HealthReport: Codable, Sendable, Equatable {
    /// Whether the daemon calls users, or would if it were not told to wait.
    package var isReady: Bool
    /// The reason, in one line.
    package var detail: String

    package init(isReady: Bool, detail: String) {
        self.isReady = isReady
        self.detail = detail
    }

    package init(_ check: Health.Check) {
        self.init(isReady: check.isGood, detail: check.words)
    }
}
