/// Why the server's certificate is not trusted.
///
/// Names are as the certificates have them, sanitised and cut.
package enum CertificateProblem: Equatable, Sendable {
    /// Whose time is over, or has not come.
    package enum Holder: Equatable, Sendable {
        case server
        /// A certificate above the server's own.
        case issuer
    }

    case expired(Timestamp, of: Holder)
    case notYetValid(Timestamp, of: Holder)
    /// The server is another one, or answers to this name with another one's certificate.
    case wrongHost(String, names: [String])
    /// The chain ends with a certificate of this issuer, which is not trusted.
    case issuerUnknown(String)
    /// The server's certificate vouches for itself.
    case selfSigned
    /// The server sends its own certificate alone, and this issuer is not trusted by itself.
    case intermediateMissing(issuer: String)
    /// The certificate is not meant for servers.
    case wrongPurpose
    /// No certificate, or one that is refused for an unknown reason.
    case refused

    /// The most names of a certificate that are kept.
    package static let mostNames = 4
}
