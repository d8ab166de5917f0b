package import RefreshCore

/// One of the vendor's two installations.
package enum TightEnvironment: String, CaseIterable, Sendable {
    case sandbox, production

    package var baseURL: Endpoint {
        switch self {
        case .sandbox: Endpoint(knownHost: "sandbox.hurdlr.com", pathPrefix: "/rest")
        case .production: Endpoint(knownHost: "prod.hurdlr.com", pathPrefix: "/rest")
        }
    }
}
