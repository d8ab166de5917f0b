import RefreshConfiguration
import RefreshCore
import TightAPI

extension TightClientSettings {
    init(_ configuration: Configuration, version: String) throws {
        let api = configuration.api
        self.init(endpoint: try Endpoint(api.server.description), version: version)
        timeout = api.timeout
        connectTimeout = api.connectTimeout
        maximumConnections = configuration.admission.concurrency
        caFile = api.caFile
        proxy = try api.proxy.map { try ProxyEndpoint($0.description) }
    }
}
