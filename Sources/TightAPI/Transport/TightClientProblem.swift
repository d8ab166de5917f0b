/// Why a client cannot be made of its settings.
package enum TightClientProblem: Error, Equatable, CustomStringConvertible {
    case caFileMissing(path: String)
    case caFileNotReadable(path: String)
    case caFileWithoutCertificate(path: String)
    /// An endpoint that passes our checks but not those of the HTTP library.
    case endpointNotUsable(Endpoint)

    package var description: String {
        switch self {
        case .caFileMissing(let path):
            "api.caFile: there is no file \(path): correct the path, or leave the key out"
        case .caFileNotReadable(let path):
            "api.caFile: \(path) cannot be read: let the daemon's user read it, and check that it is a file"
        case .caFileWithoutCertificate(let path):
            "api.caFile: \(path) holds no certificate that can be read: it has to be PEM, "
                + "with -----BEGIN CERTIFICATE-----"
        case .endpointNotUsable(let endpoint):
            "api.baseURL: \(endpoint) cannot be used: write it like https://prod.hurdlr.com/rest"
        }
    }
}
