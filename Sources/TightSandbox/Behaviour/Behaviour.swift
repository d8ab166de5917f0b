/// What the sandbox does with one call of a known user.
package enum Behaviour: Equatable, Sendable {
    case success
    /// 200 with `result` FAILURE and these messages.
    case failure(FailureMessages)
    case unauthorized
    case forbidden
    /// 429; `retryAfter` goes into the header as it stands, nil leaves the header out.
    case throttled(retryAfter: String?)
    case status(Int, BodyKind)
    /// 200 with a web page, as a gateway answers.
    case html200
    /// 200 whose `Content-Length` promises more than is sent before the connection closes.
    case truncated
    /// A SUCCESS of exactly this many bytes (at least 64).
    case oversized(bytes: Int)
    /// Never answers; the caller has to give up.
    case hang
    /// Reads the request, then resets: a TCP RST on HTTP/1.1, RST_STREAM on HTTP/2.
    case reset
    /// Reads the request, then closes the connection (on HTTP/2: the stream) without an answer.
    case closeWithoutAnswer
    /// Waits, then does as `then` says.
    indirect case slow(Duration, then: Behaviour)
    /// At the token endpoint: trades the tokens at once, then does as `then` says, so that an answer is lost or late.
    indirect case traded(then: Behaviour)
    /// 200 with a `result` that the contract does not know.
    case unknownResult
    /// 200 with the shape of sibling operations: `status` instead of `result`.
    case noResult
    /// 307 to an address, which a careful client does not follow.
    case redirect(to: String)

    /// FAILURE with one message, when it does not matter which.
    package static let failure = Behaviour.failure(.institutionDidNotAnswer)

    package static func slow(_ delay: Duration) -> Behaviour {
        .slow(delay, then: .success)
    }

    /// The word that names the behaviour in options, in the admin interface and in counts.
    package var name: String {
        switch self {
        case .success: "success"
        case .failure: "failure"
        case .unauthorized: "unauthorized"
        case .forbidden: "forbidden"
        case .throttled: "throttled"
        case .status: "status"
        case .html200: "html200"
        case .truncated: "truncated"
        case .oversized: "oversized"
        case .hang: "hang"
        case .reset: "reset"
        case .closeWithoutAnswer: "close"
        case .slow(_, let then): then.name
        case .traded(let then): "traded-" + then.name
        case .unknownResult: "unknown-result"
        case .noResult: "no-result"
        case .redirect: "redirect"
        }
    }
}
