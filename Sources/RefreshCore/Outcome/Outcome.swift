/// The outcome of one call; every call ends in exactly one of these.
package enum Outcome: Equatable, Sendable {
    /// 2xx with `result` SUCCESS.
    case refreshed
    /// 2xx with `result` FAILURE; Tight's message, sanitised and truncated.
    case rejected(messages: [String])
    /// 401: the token is missing, invalid or expired.
    case unauthorized
    /// 403: the token is valid, its rights are not enough.
    case forbidden
    /// Any other 4xx (401, 403, 408 and 429 apart): Tight does not do this call as it is.
    ///
    /// The answer to one user; only answers to several users say more.
    case refused(status: Int)
    /// 429; the wait that was asked for, where it was legal and sane.
    case throttled(retryAfter: Duration?)
    /// The call did not start at Tight, or a server failed at it.
    case unavailable(Unavailability)
    /// The call may be running, or have run.
    case unknown(Uncertainty)
    /// Answered, but not in a way this version understands.
    case malformed(Malformation)
    /// A mistake of the installation, not of the user: all calls stop until it is fixed.
    case misconfigured(Misconfiguration)

    package var kind: OutcomeKind {
        switch self {
        case .refreshed: .refreshed
        case .rejected: .rejected
        case .unauthorized: .unauthorized
        case .forbidden: .forbidden
        case .refused: .refused
        case .throttled: .throttled
        case .unavailable: .unavailable
        case .unknown: .unknown
        case .malformed: .malformed
        case .misconfigured: .misconfigured
        }
    }
}

/// Why Tight did not do the call.
package enum Unavailability: Equatable, Sendable {
    case nameNotResolved
    case notConnected
    case handshakeFailed
    case proxy(ProxyTrouble)
    /// The token had to be renewed first, and that got no answer that could be used; says why.
    case tokenNotRenewed(reason: String)
    /// 500, 502, 503 and undocumented statuses of that class, with the requested wait.
    ///
    /// The call may have been begun: servers in front of an API answer so after the API has read it.
    case status(Int, retryAfter: Duration? = nil)
}

/// Why it is unknown whether the call reached the bank.
package enum Uncertainty: String, Equatable, Sendable {
    case timeout
    case connectionLost = "connection lost"
    case gatewayTimeout = "gateway timeout"
    /// 408: the server says that it waited for the request, which was written.
    case requestTimeout = "request timeout"
    /// The daemon died while the call was under way.
    case crash
    /// The daemon was stopped and could wait no longer.
    case givenUp = "given up"
}

/// Why the answer could not be parsed; of the answer only its size and content type are kept.
package struct Malformation: Equatable, Sendable {
    package enum Reason: String, Equatable, Sendable {
        case notJSON = "not JSON"
        case noResult = "no result"
        case unknownResult = "unknown result"
        case tooLarge = "too large"
        case truncated = "cut off"
        case redirect
        case unexpectedStatus = "unexpected status"
        case notHTTP = "not HTTP"
        case unknownCoding = "compressed in an unknown way"
        case severalCodings = "compressed more than once"
        case damagedCoding = "damaged compressed data"
        case cutCoding = "compressed data that is cut off"
        case tooLargeDecoded = "too large once decompressed"
    }

    package let reason: Reason
    package let bytes: Int
    /// As the header had it, sanitised and cut.
    package let contentType: String?

    package init(_ reason: Reason, bytes: Int, contentType: String?) {
        self.reason = reason
        self.bytes = bytes
        self.contentType = contentType?.sanitized(limit: 100)
    }
}

/// What the operator must fix.
package enum Misconfiguration: Equatable, Sendable {
    /// The calls of several users were refused with this status and none succeeded: this is not the expected endpoint.
    case status(Int)
    case certificate(CertificateProblem)
    /// The server requires a client certificate, which this client does not have.
    case clientCertificateRequired
    case handshake(HandshakeProblem)
    case proxy(ProxyRefusal)
    /// The stored token was sealed with a key that is not at hand.
    case keyMissing
    /// The stored token was altered or damaged: it affects one user, and a new token fixes it.
    case tokenDamaged
    /// Tight answered a renewal with this status and so refused our credentials or the request as such.
    case renewalRefused(status: Int)
}
