/// One of the vendor's two installations.
package enum TightEnvironment: String, CaseIterable, Sendable {
    case sandbox, production

    package var baseURL: BaseURL {
        switch self {
        case .sandbox: BaseURL(scheme: .https, host: "sandbox.hurdlr.com", port: nil, path: "/rest")
        case .production: BaseURL(scheme: .https, host: "prod.hurdlr.com", port: nil, path: "/rest")
        }
    }
}
