import RefreshCore

/// Why no answer arrived, and whether the request may have reached the bank nevertheless.
struct TransportFailure: Error, Equatable, Sendable {
    enum Cause: Equatable, Sendable {
        case nameNotResolved
        case notConnected
        /// The connection ended during the handshake, or the server did not respond in time.
        case handshakeFailed
        case handshakeRefused(HandshakeProblem)
        case certificate(CertificateProblem)
        case clientCertificateRequired
        case proxy(ProxyTrouble)
        case proxyRefused(ProxyRefusal)
        /// The total timeout ran out.
        case timeout
        /// Reset or closed by the other side, or found dead.
        case connectionLost
        /// The caller no longer wanted the answer.
        case cancelled
        /// It was too late to begin.
        case late
        /// The answer was not HTTP.
        case notHTTP
        /// The head of the answer exceeded the limit.
        case headTooLarge

        /// Whether the server refused the client in its handshake.
        var isRefusal: Bool {
            switch self {
            case .clientCertificateRequired, .handshakeRefused: true
            default: false
            }
        }
    }

    let cause: Cause
    /// How far the request got.
    let evidence: Evidence
    /// The connection whose loss ended the call; calls lost with the same connection are one event.
    var lostConnection: UInt64?

    /// Whether it was too late for the request, and none of it was sent.
    var isNotBegun: Bool { cause == .late && !evidence.mayHaveBeenActedUpon }
}

/// The result of one call, as the transport saw it.
enum TransportResult: Sendable {
    case answered(HTTPAnswer)
    case failed(TransportFailure)
}
