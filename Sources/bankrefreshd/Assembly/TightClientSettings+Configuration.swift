import RefreshConfiguration
import RefreshCore
import TightAPI

extension TightClientSettings {
    init(_ configuration: Configuration, version: String) throws {
        let api = configuration.api
        self.init(endpoint: try Endpoint(api.server.description), version: version)
        timeout = api.timeout
        connectTimeout = api.connectTimeout
        pingAfter = api.pingAfter
        pingTimeout = api.pingTimeout
        connectionAge = api.connectionAge
        // A reload may raise the limit, not the pool; no connection is made that no call needs.
        maximumConnections = 10_000
        caFile = api.caFile
        proxy = try api.proxy.map { try ProxyEndpoint($0.description) }
    }
}
