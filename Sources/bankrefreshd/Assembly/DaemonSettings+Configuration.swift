import RefreshConfiguration
import RefreshCore
import RefreshDaemon

extension DaemonSettings {
    init(_ configuration: Configuration) {
        self.init(
            policies: configuration.policies, admission: configuration.admissionPolicy, drain: configuration.drain,
            leaseDuration: configuration.longestAttempt, history: configuration.history,
            alerts: configuration.alerts, renewsTokens: configuration.api.clientID != nil)
    }
}
