package import RefreshCore

/// Why a client cannot be made of its settings.
package enum TightClientProblem: Error, Equatable, CustomStringConvertible {
    case caFileMissing(path: String)
    case caFileNotReadable(path: String)
    case caFileWithoutCertificate(path: String)
    /// The system has no certificates to trust, and no CA file is named.
    case noTrustRoots
    /// A proxy, and an endpoint whose host is an address.
    case addressBehindProxy(Endpoint)

    package var description: String {
        switch self {
        case .caFileMissing(let path):
            "api.caFile: there is no file \(path): correct the path, or leave the key out"
        case .caFileNotReadable(let path):
            "api.caFile: \(path) cannot be read: let the daemon's user read it, and check that it is a file"
        case .caFileWithoutCertificate(let path):
            "api.caFile: \(path) holds no certificate that can be read: it has to be PEM, "
                + "with -----BEGIN CERTIFICATE-----"
        case .noTrustRoots:
            "this system has no CA certificates: install its package of them (on Debian ca-certificates), "
                + "or name a file in api.caFile"
        case .addressBehindProxy(let endpoint):
            "api.baseURL: \(endpoint) names an address, which a certificate cannot be checked against behind a proxy: "
                + "use the host's name, or leave api.proxy out"
        }
    }
}
