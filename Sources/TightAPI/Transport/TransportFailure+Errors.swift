import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import RefreshCore

extension TransportFailure.Cause {
    /// Classifies an error that prevents a TCP connection.
    init(connecting error: any Error, hasProxy: Bool) {
        let error = error as? NIOConnectionError
        let isUnresolved = error?.connectionErrors.isEmpty == true && (error?.dnsAError ?? error?.dnsAAAAError) != nil
        self =
            if hasProxy {
                .proxy(isUnresolved ? .nameNotResolved : .notReached)
            } else {
                isUnresolved ? .nameNotResolved : .notConnected
            }
    }

    /// Classifies an error from before the request is written; for errors of TLS, `tls` decides.
    init(establishing error: any Error, tls: WatchedTLS?) {
        if let tls, !(error is IOError) {
            self = tls.cause(of: error)
        } else if let error = error as? IOError, error.errnoCode != ECONNRESET, error.errnoCode != EPIPE {
            self = .notConnected
        } else {
            // If an established connection is reset before the request, it is reset during its handshake.
            self = .handshakeFailed
        }
    }

    /// Classifies an error from after the request is written; `isFirstWord`: the server has sent nothing before it.
    init(answering error: any Error, isFirstWord: Bool) {
        self =
            switch error {
            // The connection ended within the head.
            case HTTPParserError.invalidEOFState as HTTPParserError: .connectionLost
            case HTTPParserError.headerOverflow as HTTPParserError: .headTooLarge
            case is HTTPParserError: .notHTTP
            default: isFirstWord ? Self(alert: error) ?? .connectionLost : .connectionLost
            }
    }

    /// The meaning of a fatal TLS alert as the server's first message; nil for any other error.
    ///
    /// In TLS 1.3, a client completes its handshake and sends its request before the server has accepted the client. A
    /// server that then refuses the client has not processed a request (RFC 8446 section 4.4.2.4).
    init?(alert error: any Error) {
        switch TLSTrouble(error) {
        case .clientCertificateRequired: self = .clientCertificateRequired
        // Data that is not TLS is not an alert from the server.
        case .refused(.notTLS), .notVerified, .wrongName, nil: return nil
        case .refused(let problem): self = .handshakeRefused(problem)
        }
    }
}
