import RefreshCore

/// Why no answer came, and whether the request can have reached the bank nevertheless.
struct TransportFailure: Error, Equatable, Sendable {
    enum Cause: Equatable, Sendable {
        case nameNotResolved
        case notConnected
        /// The connection ended in the handshake, or the server said nothing in time.
        case handshakeFailed
        case handshakeRefused(HandshakeProblem)
        case certificate(CertificateProblem)
        case clientCertificateRequired
        case proxy(ProxyTrouble)
        case proxyRefused(ProxyRefusal)
        /// The total timeout ran out.
        case timeout
        /// Reset or closed by the other side.
        case connectionLost
        /// The caller wanted the answer no more.
        case cancelled
        /// It was too late to begin.
        case late
        /// The answer was not HTTP.
        case notHTTP
        /// The head of the answer was larger than any client accepts.
        case headTooLarge
    }

    let cause: Cause
    /// How far the request got.
    let evidence: Evidence
    /// The connection whose end ended the call; calls that ended with the same one are one event.
    var lostConnection: UInt64?

    /// Whether it was too late for the request, and nothing of it was sent.
    var isNotBegun: Bool { cause == .late && !evidence.mayHaveBeenActedUpon }
}

/// The result of one call, as the transport saw it.
enum TransportResult: Sendable {
    case answered(HTTPAnswer)
    case failed(TransportFailure)
}
