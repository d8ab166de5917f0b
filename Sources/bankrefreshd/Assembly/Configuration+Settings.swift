import Host
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import TightAPI

extension DaemonSettings {
    init(_ configuration: Configuration) {
        self.init(
            policies: configuration.policies, admission: configuration.admissionPolicy, drain: configuration.drain,
            // Longer than any call: its timeout, and time to settle.
            leaseDuration: configuration.api.timeout + .minutes(2))
    }
}

extension RefreshedEntries {
    init(_ settings: LogSettings) {
        self =
            switch settings.refreshed {
            case .each: .each
            case .summary: .summary(every: settings.summaryInterval)
            }
    }
}

extension TightClientSettings {
    init(_ configuration: Configuration, version: String) throws {
        let api = configuration.api
        self.init(endpoint: try Endpoint(api.server.description), version: version)
        timeout = api.timeout
        connectTimeout = api.connectTimeout
        // A reload may raise the limit, not the pool; no connection is made that no call needs.
        maximumConnections = 10_000
        caFile = api.caFile
        proxy = try api.proxy.map { try ProxyEndpoint($0.description) }
    }
}
