import RefreshConfiguration
import RefreshCore
import TightAPI

extension TightClientSettings {
    /// `file` is where the configuration comes from: credentials are looked for beside it.
    init(_ configuration: Configuration, file: String, version: String) throws {
        let api = configuration.api
        self.init(endpoint: api.server, version: version)
        timeout = api.timeout
        connectTimeout = api.connectTimeout
        pingAfter = api.pingAfter
        pingTimeout = api.pingTimeout
        connectionAge = api.connectionAge
        // A reload may raise the limit, not the pool; no connection is made that no call needs.
        maximumConnections = 10_000
        caFile = api.caFile
        proxy = api.proxy
        proxyCredentials = try ProxyCredentials(configuration, file: file)
    }
}
