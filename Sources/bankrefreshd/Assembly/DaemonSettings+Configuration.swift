import RefreshConfiguration
import RefreshCore
import RefreshDaemon

extension DaemonSettings {
    init(_ configuration: Configuration) {
        self.init(
            policies: configuration.policies, admission: configuration.admissionPolicy, drain: configuration.drain,
            leaseDuration: configuration.longestAttempt, history: configuration.history,
            alerts: configuration.alerts, renewsTokens: configuration.api.clientID != nil,
            backup: configuration.store.backup.plan)
    }
}

extension BackupSettings {
    /// Nil where no directory is named.
    fileprivate var plan: BackupPlan? {
        directory.map { BackupPlan(directory: $0, every: every, keep: keep) }
    }
}
