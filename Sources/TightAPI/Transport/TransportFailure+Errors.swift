import NIOCore
import NIOHTTP1
import NIOPosix
import RefreshCore

#if canImport(Glibc)
import Glibc
#endif

extension TransportFailure.Cause {
    /// Judges an error that stands in the way of a TCP connection.
    init(connecting error: any Error, hasProxy: Bool) {
        let isUnresolved =
            if let error = error as? NIOConnectionError {
                error.connectionErrors.isEmpty && (error.dnsAError ?? error.dnsAAAAError) != nil
            } else {
                false
            }
        self =
            if hasProxy {
                .proxy(isUnresolved ? .nameNotResolved : .notReached)
            } else {
                isUnresolved ? .nameNotResolved : .notConnected
            }
    }

    /// Judges an error that comes before the request is written; in TLS, `tls` knows best.
    init(establishing error: any Error, tls: WatchedTLS?) {
        if let tls, !(error is IOError) {
            self = tls.cause(of: error)
        } else if let error = error as? IOError, error.errnoCode != ECONNRESET, error.errnoCode != EPIPE {
            self = .notConnected
        } else {
            // A connection that is made and then reset before the request is being reset in its handshake.
            self = .handshakeFailed
        }
    }

    /// Judges an error that comes once the request is written; `isFirstWord` says that the server sent nothing before.
    init(answering error: any Error, isFirstWord: Bool) {
        self =
            switch error {
            // The connection ended in the middle of the head.
            case HTTPParserError.invalidEOFState as HTTPParserError: .connectionLost
            case HTTPParserError.headerOverflow as HTTPParserError: .headTooLarge
            case is HTTPParserError: .notHTTP
            default: isFirstWord ? Self(alert: error) ?? .connectionLost : .connectionLost
            }
    }

    /// The meaning of a fatal TLS alert as the server's first message; nil for any other error.
    ///
    /// In TLS 1.3 a client is done with its handshake, and sends its request, before the server has judged it. A
    /// server that then refuses the client has looked at no request (RFC 8446 section 4.4.2.4).
    init?(alert error: any Error) {
        switch TLSTrouble(error) {
        case .clientCertificateRequired: self = .clientCertificateRequired
        // What is no TLS is no word of the server's.
        case .refused(.notTLS), .notVerified, .wrongName, nil: return nil
        case .refused(let problem): self = .handshakeRefused(problem)
        }
    }
}
