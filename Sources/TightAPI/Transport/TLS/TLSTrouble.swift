import NIOSSL
import RefreshCore

/// What an error of the TLS handler says about the other side; nil if nothing.
enum TLSTrouble: Equatable {
    /// Our verification of the server's certificate failed.
    case notVerified
    /// The certificate is trusted, and not for this host.
    case wrongName
    case clientCertificateRequired
    case refused(HandshakeProblem)

    init?(_ error: any Error) {
        switch error {
        case NIOSSLExtraError.failedToValidateHostname as NIOSSLExtraError,
            NIOSSLExtraError.serverHostnameImpossibleToMatch as NIOSSLExtraError:
            self = .wrongName
        case NIOSSLError.unableToValidateCertificate as NIOSSLError,
            NIOSSLError.noCertificateToValidate as NIOSSLError:
            self = .notVerified
        case NIOSSLError.handshakeFailed(.sslError(let stack)) as NIOSSLError,
            BoringSSLError.sslError(let stack) as BoringSSLError:
            self.init(stack)
        default: return nil
        }
    }

    /// BoringSSL names its reason in text alone.
    private init?(_ stack: NIOBoringSSLErrorStack) {
        for (reason, trouble) in Self.reasons where stack.contains(where: { $0.description.contains(reason) }) {
            self = trouble
            return
        }
        return nil
    }

    /// The names of BoringSSL's reasons, including the other side's alerts (RFC 8446 section 6.2).
    private static let reasons: [(String, TLSTrouble)] = [
        ("CERTIFICATE_VERIFY_FAILED", .notVerified),
        ("ALERT_CERTIFICATE_REQUIRED", .clientCertificateRequired),
        // What those say who ask for a client's certificate and get none, or not one they know.
        ("ALERT_BAD_CERTIFICATE", .clientCertificateRequired),
        ("ALERT_CERTIFICATE_UNKNOWN", .clientCertificateRequired),
        ("ALERT_ACCESS_DENIED", .clientCertificateRequired),
        ("ALERT_UNRECOGNIZED_NAME", .refused(.unknownName)),
        ("ALERT_PROTOCOL_VERSION", .refused(.protocolVersion)),
        ("UNSUPPORTED_PROTOCOL", .refused(.protocolVersion)),
        ("ALERT_HANDSHAKE_FAILURE", .refused(.noSharedParameters)),
        ("ALERT_INSUFFICIENT_SECURITY", .refused(.noSharedParameters)),
        ("WRONG_VERSION_NUMBER", .refused(.notTLS)),
        ("HTTP_REQUEST", .refused(.notTLS)),
    ]
}
