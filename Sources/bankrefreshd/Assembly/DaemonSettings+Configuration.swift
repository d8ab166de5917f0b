import RefreshConfiguration
import RefreshCore
import RefreshDaemon

extension DaemonSettings {
    init(_ configuration: Configuration) {
        self.init(
            policies: configuration.policies, admission: configuration.admissionPolicy, drain: configuration.drain,
            // Longer than any call: its timeout, and time to settle.
            leaseDuration: configuration.api.timeout + .minutes(2), alerts: configuration.alerts)
    }
}
