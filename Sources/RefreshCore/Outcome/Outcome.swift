/// The outcome of one call; every call ends in exactly one of these.
package enum Outcome: Equatable, Sendable {
    /// 2xx with `result` SUCCESS.
    case refreshed
    /// 2xx with `result` FAILURE; Tight's message, sanitised and truncated.
    case rejected(messages: [String])
    /// 401: the token is missing, invalid or expired.
    case unauthorized
    /// 403: the token is valid, but lacks permission.
    case forbidden
    /// A 4xx other than 401, 403, 408 and 429: Tight refuses the call as it is.
    ///
    /// It is the answer to one user; only answers to several users say more.
    case refused(status: Int)
    /// 429; with the requested wait, if that was valid and plausible.
    case throttled(retryAfter: Duration?)
    /// The call did not start at Tight, or a server failed at it.
    case unavailable(Unavailability)
    /// The call may be running, or have run.
    case unknown(Uncertainty)
    /// Answered, but not in a way this version understands.
    case malformed(Malformation)
    /// A mistake in the installation, not in the user: all calls stop until it is fixed.
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
    /// The token had to be renewed first, and the renewal failed for this reason.
    case tokenNotRenewed(reason: String)
    /// 500, 502, 503 and undocumented statuses of that class, with the requested wait.
    ///
    /// The call may have begun: servers in front of an API answer like this after the API has read the call.
    case status(Int, retryAfter: Duration? = nil)
}

/// Why it is unknown whether the call reached the bank.
package enum Uncertainty: String, Equatable, Sendable {
    case timeout
    case connectionLost = "connection lost"
    case gatewayTimeout = "gateway timeout"
    /// 408: the server says that it waited in vain for the request, which was written.
    case requestTimeout = "request timeout"
    case crash
    /// Another server took over the store, and may lack the lease under which the call was made.
    case failover
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
    /// The value of the header, sanitised and cut.
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
    case clientCertificateRequired
    case handshake(HandshakeProblem)
    case proxy(ProxyRefusal)
    case keyMissing
    /// The stored token was altered or damaged: it affects one user, and a new token fixes it.
    case tokenDamaged
    /// Tight answered a renewal with this status: it refused the client credentials or the request as such.
    case renewalRefused(status: Int)
}

extension Outcome {
    /// Whether the call may have reached the bank, and so restarts the minimum interval and is charged to its day.
    ///
    /// A status of 500 and above says nothing about that: servers in front of an API answer 500, 502 and 503 for calls
    /// that the API has read and begun.
    package var mayHaveReachedBank: Bool {
        switch self {
        case .refreshed, .rejected, .refused, .unknown, .malformed, .unavailable(.status): true
        case .unauthorized, .forbidden, .throttled, .unavailable, .misconfigured: false
        }
    }

    /// Whether the call may have reached the bank, under the user's rules.
    ///
    /// Some operators know that no server stands between them and Tight, whose own 5xx means that no refresh was begun.
    package func mayHaveReachedBank(under policy: UserPolicy) -> Bool {
        if case .unavailable(.status) = self { return policy.serverErrors == .minimumInterval }
        return mayHaveReachedBank
    }

    /// The wait that Tight asked for; nil if it did not.
    var retryAfter: Duration? {
        switch self {
        case .throttled(let wait), .unavailable(.status(_, let wait)): wait
        default: nil
        }
    }

    /// Whether a status that refuses a call says that it may be made again later.
    ///
    /// Source: RFC 9110 section 15.5.10 (409, a conflict with the state of the resource), RFC 4918 section 11.3 (423,
    /// locked), RFC 8470 section 5.2 (425, too early).
    package static func isForLater(refusedWith status: Int) -> Bool { [409, 423, 425].contains(status) }
}

/// Why a server refuses TLS; none of these passes by itself.
package enum HandshakeProblem: Equatable, Sendable {
    /// The server supports no version as new as TLS 1.2.
    case protocolVersion
    /// The server accepts none of the offered ciphers, or asks for a client certificate with the same alert.
    case noSharedParameters
    case unknownName
    case notTLS

    package var text: String {
        switch self {
        case .protocolVersion:
            "the server refuses TLS 1.2 and 1.3, and older versions are not safe: its operator must enable one"
        case .noSharedParameters:
            "the server refuses every offered cipher, or asks for a client certificate: ask its operator"
        case .unknownName: "the server serves no host of this name: check api.baseURL"
        case .notTLS: "the server does not speak TLS at this port: check scheme and port of api.baseURL"
        }
    }
}

/// Why the proxy made no connection this time; a later call may fare better.
package enum ProxyTrouble: Equatable, Sendable {
    case nameNotResolved
    /// No process listens at its address, or the address is unreachable.
    case notReached
    /// The proxy accepted the connection and then closed it, or sent nothing in time.
    case noAnswer
    case targetNotReached(status: Int)
    case busy(status: Int)

    package var text: String {
        switch self {
        case .nameNotResolved: "the proxy's name could not be resolved: check api.proxy and the DNS"
        case .notReached: "no connection to the proxy could be made: does it run, and is api.proxy right?"
        case .noAnswer: "the proxy accepted the connection and gave no answer: check the proxy"
        case .targetNotReached(let status):
            "the proxy does not reach the API (it answered \(status)): the API may be down, or the proxy's own network"
        case .busy(let status): "the proxy is too busy (it answered \(status)): check the proxy"
        }
    }
}

/// The outcome's name, as users see it in `REFRESH_OUTCOME`.
package enum OutcomeKind: String, Word {
    case refreshed, rejected, unauthorized, forbidden, refused, throttled, unavailable, unknown, malformed,
        misconfigured
}

extension OutcomeKind {
    /// How well a call of a user shows whether the API answers, by its latest outcome; lower is better.
    package var rankForProbe: Int {
        switch self {
        case .refreshed, .rejected, .unauthorized, .forbidden: 0
        case .throttled, .unavailable, .unknown, .malformed, .misconfigured: 1
        case .refused: 2
        }
    }
}
