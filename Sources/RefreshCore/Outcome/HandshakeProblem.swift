/// Why a server refuses TLS; none of these passes by itself.
package enum HandshakeProblem: Equatable, Sendable {
    /// It has nothing as new as TLS 1.2.
    case protocolVersion
    /// It accepts none of the ciphers that are offered, or wants a client certificate and says so in these words.
    case noSharedParameters
    /// It serves no such name.
    case unknownName
    /// It does not speak TLS at this port.
    case notTLS

    /// What is wrong, and who must fix it.
    package var text: String {
        switch self {
        case .protocolVersion:
            "the server refuses TLS 1.2 and 1.3, and older versions are not safe: its operator must enable one"
        case .noSharedParameters:
            "the server refuses every offered cipher, or asks for a client certificate: ask its operator"
        case .unknownName: "the server serves no host of this name: check api.baseURL"
        case .notTLS: "the server does not speak TLS at this port: check scheme and port of api.baseURL"
        }
    }
}
