import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOHTTP2
import NIOPosix
import NIOSSL

#if canImport(Glibc)
import Glibc
#endif

extension TransportFailure {
    /// Judges an error of AsyncHTTPClient's, or of what it is built on.
    init(_ error: (any Error)?, requestWritten: Bool, hasProxy: Bool) {
        if requestWritten, !Self.isRefusedUnprocessed(error) {
            self.init(cause: Self.causeAfterWriting(error), requestMayHaveBeenSent: true)
        } else if requestWritten {
            self.init(cause: .notConnected, requestMayHaveBeenSent: false)
        } else {
            self.init(
                cause: Self.causeBeforeWriting(error, hasProxy: hasProxy),
                requestMayHaveBeenSent: false
            )
        }
    }

    /// The server's word that it did nothing with the request.
    ///
    /// Source: RFC 9113 section 8.7. GOAWAY that names an earlier stream says the same, but swift-nio-http2 reports it
    /// like a cancelled stream: such a request counts as one that may have been processed.
    private static func isRefusedUnprocessed(_ error: (any Error)?) -> Bool {
        (error as? NIOHTTP2Errors.StreamClosed)?.errorCode == .refusedStream
    }

    private static func causeAfterWriting(_ error: (any Error)?) -> Cause {
        switch error {
        case HTTPClientError.deadlineExceeded as HTTPClientError: .timeout
        case HTTPClientError.cancelled as HTTPClientError: .cancelled
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
        case let error as HTTPClientError: return cause(of: error, hasProxy: hasProxy)
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

    private static func cause(of error: HTTPClientError, hasProxy: Bool) -> Cause {
        switch error {
        case .deadlineExceeded: .timeout
        case .cancelled, .alreadyShutdown: .cancelled
        case .tlsHandshakeTimeout: .handshakeFailed
        case .proxyAuthenticationRequired, .invalidProxyResponse, .httpProxyHandshakeTimeout: .proxyRefused
        // Without an answer to CONNECT, or before a kept connection could be used again.
        case .remoteConnectionClosed, .connectTimeout: hasProxy ? .proxyRefused : .notConnected
        default: .notConnected
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
