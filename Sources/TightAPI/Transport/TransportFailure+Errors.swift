import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import RefreshCore

#if canImport(Glibc)
import Glibc
#endif

extension TransportFailure {
    /// Judges an error that a channel met.
    init(_ error: (any Error)?, requestWritten: Bool, hasProxy: Bool) {
        let cause = requestWritten ? Self.causeAfterWriting(error) : Self.causeBeforeWriting(error, hasProxy: hasProxy)
        self.init(cause: cause, evidence: requestWritten ? .unknown : .neverWritten)
    }

    private static func causeAfterWriting(_ error: (any Error)?) -> Cause {
        switch error {
        // The connection ended in the middle of the head.
        case HTTPParserError.invalidEOFState as HTTPParserError: .connectionLost
        case HTTPParserError.headerOverflow as HTTPParserError: .headTooLarge
        case is HTTPParserError: .notHTTP
        default: .connectionLost
        }
    }

    private static func causeBeforeWriting(_ error: (any Error)?, hasProxy: Bool) -> Cause {
        switch error {
        case let error as NIOConnectionError:
            if hasProxy { return .proxyRefused }
            let isUnresolved =
                error.connectionErrors.isEmpty && (error.dnsAError ?? error.dnsAAAAError) != nil
            return isUnresolved ? .nameNotResolved : .notConnected
        case let error as IOError: return cause(of: error, hasProxy: hasProxy)
        case let error as NIOSSLError:
            return isAboutCertificate(error) ? .certificateNotTrusted : .handshakeFailed
        case NIOSSLExtraError.failedToValidateHostname as NIOSSLExtraError,
            NIOSSLExtraError.serverHostnameImpossibleToMatch as NIOSSLExtraError:
            return .certificateNotTrusted
        case is NIOSSLExtraError, is BoringSSLError: return .handshakeFailed
        default: return .notConnected
        }
    }

    /// A connection that is made and then reset before the request is being reset in its handshake.
    private static func cause(of error: IOError, hasProxy: Bool) -> Cause {
        switch error.errnoCode {
        case ECONNRESET, EPIPE: .handshakeFailed
        default: hasProxy ? .proxyRefused : .notConnected
        }
    }

    /// BoringSSL names its reason in text alone.
    private static func isAboutCertificate(_ error: NIOSSLError) -> Bool {
        switch error {
        case .handshakeFailed(.sslError(let stack)):
            stack.contains { $0.description.contains("CERTIFICATE_VERIFY_FAILED") }
        case .unableToValidateCertificate, .noCertificateToValidate: true
        default: false
        }
    }
}
