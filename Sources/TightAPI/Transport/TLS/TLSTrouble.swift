import NIOSSL
import RefreshCore

/// What an error of the TLS handler says about the other side; nil if it says nothing.
enum TLSTrouble: Equatable {
    /// The client's verification of the server's certificate failed.
    case notVerified
    /// The certificate is trusted, but not for this host.
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

    /// BoringSSL gives its reason only as text.
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
        // Alerts from servers that request a client certificate and receive none, or one that they do not know.
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

/// TLS to the server, fully verified by NIOSSL; remembers where the verification stopped.
///
/// Confined to its event loop.
final class WatchedTLS {
    let handler: NIOSSLClientHandler
    private let host: String
    private let stop: Stop

    /// Holds the first certificate that the verification did not accept.
    private final class Stop {
        var certificate: NIOSSLCertificate?
    }

    /// `host` is a name, or an address, which NIOSSL compares with the socket's remote address.
    init(_ context: NIOSSLContext, host: String, isAddress: Bool) throws {
        let stop = Stop()
        self.stop = stop
        self.host = host
        handler = try Self.make(context, isAddress ? nil : host) { result, certificate in
            if result == .failed, stop.certificate == nil { stop.certificate = certificate }
            // The result of the verification is not changed.
            return result
        }
    }

    /// The meaning of this error of the handler.
    func cause(of error: any Error) -> TransportFailure.Cause {
        switch TLSTrouble(error) {
        case .notVerified:
            .certificate(CertificateProblem(stoppedAt: stop.certificate, server: handler.peerCertificate))
        case .wrongName: .certificate(CertificateProblem(handler.peerCertificate, notFor: host))
        case .clientCertificateRequired: .clientCertificateRequired
        case .refused(let problem): .handshakeRefused(problem)
        case nil: .handshakeFailed
        }
    }

    private static func make<Handler: VerificationListening>(
        _ context: NIOSSLContext,
        _ serverHostname: String?,
        _ callback: @escaping NIOSSLVerificationCallback
    ) throws -> Handler {
        try Handler(context: context, serverHostname: serverHostname, verificationCallback: callback)
    }
}

/// A handler that reports its own verification, certificate by certificate.
///
/// NIOSSL deprecates this initialiser for clients that verify certificates themselves, and offers a callback that
/// replaces its verification. Here, NIOSSL's own verification must stay in place.
private protocol VerificationListening {
    init(context: NIOSSLContext, serverHostname: String?, verificationCallback: NIOSSLVerificationCallback?) throws
}

extension NIOSSLClientHandler: VerificationListening {}
