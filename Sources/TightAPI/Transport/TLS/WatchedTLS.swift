import NIOSSL
import RefreshCore

/// TLS to the server, verified in full by NIOSSL, that remembers where the verification stopped.
///
/// Confined to its event loop.
final class WatchedTLS {
    let handler: NIOSSLClientHandler
    private let host: String
    private let stop: Stop

    /// The first certificate that the verification did not accept.
    private final class Stop {
        var certificate: NIOSSLCertificate?
    }

    /// `host` is a name, or an address, which is checked against the one that the socket is connected to.
    init(_ context: NIOSSLContext, host: String, isAddress: Bool) throws {
        let stop = Stop()
        self.stop = stop
        self.host = host
        handler = try Self.make(context, isAddress ? nil : host) { result, certificate in
            if result == .failed, stop.certificate == nil { stop.certificate = certificate }
            // Whatever the verification said stands.
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

/// A handler that lets others listen to its own verification, certificate by certificate.
///
/// NIOSSL deprecates this initialiser for clients that verify certificates themselves, and offers a callback that
/// replaces its verification. Here NIOSSL's own verification must stay.
private protocol VerificationListening {
    init(context: NIOSSLContext, serverHostname: String?, verificationCallback: NIOSSLVerificationCallback?) throws
}

extension NIOSSLClientHandler: VerificationListening {}
