package import RefreshCore

/// What the work follows and a reload can change.
package struct DaemonSettings: Sendable, Equatable {
    package var policies: Policies
    package var admission: Admission.Policy
    /// How long a stop waits for calls in flight.
    package var drain: Duration
    /// How long a lease lasts: longer than any call can take.
    package var leaseDuration: Duration
    package var history: HistoryBounds
    /// Whether there are client credentials to renew tokens with.
    package var renewsTokens: Bool
    package var alerts: AlertPolicy
    /// Nil when no backups are asked for.
    package var backup: BackupPlan?

    package init(
        policies: Policies = Policies(), admission: Admission.Policy = .init(), drain: Duration = .seconds(30),
        leaseDuration: Duration = .minutes(5), history: HistoryBounds = HistoryBounds(),
        alerts: AlertPolicy = AlertPolicy(), renewsTokens: Bool = true, backup: BackupPlan? = nil
    ) {
        self.policies = policies
        self.admission = admission
        self.drain = drain
        self.leaseDuration = leaseDuration
        self.history = history
        self.renewsTokens = renewsTokens
        self.alerts = alerts
        self.backup = backup
    }
}
