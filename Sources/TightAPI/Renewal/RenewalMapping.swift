import NIOCore
import RefreshCore

/// Maps what the transport saw of a renewal to an answer; every exchange has exactly one.
///
/// Only an answer about the grant itself refuses it, and only an answer about the client's own credentials concerns all
/// users: a wrong secret must not cost every user's token, and one user's grant must not stop all renewals.
///
/// | Status | Body | Answer |
/// |---|---|---|
/// | 2xx, 400 | cut off by the timeout or by a cancellation | unknown |
/// | 2xx | a new pair | renewed |
/// | 2xx | anything else | malformed |
/// | 3xx | | malformed |
/// | 4xx except 408, 429 | `invalid_client`, `unauthorized_client`, `unsupported_grant_type` | the client is refused |
/// | 4xx except 408, 429 | `invalid_grant` | this grant is refused |
/// | 400 | `invalid_request`, `invalid_scope` | refused: this user's answer |
/// | 400 | any other JSON | this grant is refused |
/// | 400 | empty, not JSON, cut off, too large | malformed |
/// | 401 | anything else | the client is refused |
/// | 402 to 499 except 408, 429 | anything else | refused: this user's answer |
/// | 408 | | unknown |
/// | 429 | | throttled |
/// | 504 | | unknown |
/// | other 5xx | | unavailable |
///
/// Source: RFC 6749 section 5.2. An `invalid_request` or `invalid_scope` may be caused by this user's data, and so may
/// a 403, 404, 409, 410 or 422 that does not mention the client. Only a caller that sees other users' answers can
/// decide whether it concerns all users.
enum RenewalMapping {
    /// No token lives longer; a longer lifetime is an error of the server.
    private static let longestLife = Duration.days(3_653)

    /// Errors of the client, independent of the user.
    private static let ourMistakes: Set = ["invalid_client", "unauthorized_client", "unsupported_grant_type"]
    /// Errors of a request, which contains one user's data.
    private static let badRequests: Set = ["invalid_request", "invalid_scope"]

    /// The exchange's answer; `now` is the local time, for waits and for tokens without an issue time.
    static func answer(to result: TransportResult, for request: RenewalRequest, now: Timestamp) -> RenewalAnswer {
        switch result {
        case .failed(let failure): .failed(OutcomeMapping.outcome(of: failure))
        case .answered(let answer): self.answer(to: answer, for: request, now: now)
        }
    }

    private static func answer(to answer: HTTPAnswer, for request: RenewalRequest, now: Timestamp) -> RenewalAnswer {
        switch answer.status {
        case 200..<300: success(answer, request, now: now)
        case 400 where !answer.asksForClientCertificate: badRequest(answer, request)
        case 401..<500 where ![408, 429].contains(answer.status): refusal(answer, request)
        default: .failed(OutcomeMapping.outcome(ofStatus: answer, redacting: request.redacted, now: now))
        }
    }

    private static func success(_ answer: HTTPAnswer, _ request: RenewalRequest, now: Timestamp) -> RenewalAnswer {
        let trouble = OutcomeMapping.trouble(reading: answer, redacting: request.redacted)
        if let trouble { return .failed(trouble) }
        let bytes = answer.body.readableBytesUInt8Span
        guard let fields = TokenAnswer(bytes) else { return malformed(.notJSON, answer, request) }
        guard fields.has(.accessToken, in: bytes) else { return malformed(.noResult, answer, request) }
        guard let access = fields.token(.accessToken, in: bytes) else {
            return malformed(.unknownResult, answer, request)
        }
        let refresh = fields.token(.refreshToken, in: bytes)
        guard refresh != nil || !fields.has(.refreshToken, in: bytes) else {
            return malformed(.unknownResult, answer, request)
        }
        let issuedAt = issued(fields.number(.createdAt, in: bytes), now: now)
        let expiresAt = lifetime(fields.number(.expiresIn, in: bytes)).map { issuedAt.advanced(by: $0) }
        return .renewed(TokenPair(access: access, refresh: refresh, issuedAt: issuedAt, expiresAt: expiresAt))
    }

    /// The issue time; a time more than a day off has another unit or comes from a wrong clock, and is ignored.
    private static func issued(_ seconds: Double?, now: Timestamp) -> Timestamp {
        guard let seconds, abs(seconds) < 1e12 else { return now }
        let moment = Timestamp(microsecondsSinceEpoch: Int64(seconds * 1_000_000))
        let distance = now.duration(to: moment)
        return distance <= .days(1) && distance >= .days(-1) ? moment : now
    }

    private static func lifetime(_ seconds: Double?) -> Duration? {
        guard let seconds, seconds > 0, seconds < 1e12 else { return nil }
        let life = Duration.microseconds(Int64(seconds * 1_000_000))
        return life <= longestLife ? life : nil
    }

    private static func badRequest(_ answer: HTTPAnswer, _ request: RenewalRequest) -> RenewalAnswer {
        let trouble = OutcomeMapping.trouble(reading: answer, redacting: request.redacted)
        if let trouble { return .failed(trouble) }
        // A gateway's page says nothing about the grant.
        guard TokenAnswer(answer.body.readableBytesUInt8Span) != nil else {
            return malformed(.notJSON, answer, request)
        }
        if let error = error(in: answer) {
            if ourMistakes.contains(error) { return refusedUs(answer) }
            if badRequests.contains(error) { return .failed(.refused(status: answer.status)) }
        }
        return .refused(reason: reason(in: answer, request))
    }

    private static func refusal(_ answer: HTTPAnswer, _ request: RenewalRequest) -> RenewalAnswer {
        let error = error(in: answer)
        if error == "invalid_grant" { return .refused(reason: reason(in: answer, request)) }
        if answer.status == 401 || error.map(ourMistakes.contains) ?? false { return refusedUs(answer) }
        return .failed(.refused(status: answer.status))
    }

    private static func refusedUs(_ answer: HTTPAnswer) -> RenewalAnswer {
        .failed(.misconfigured(.renewalRefused(status: answer.status)))
    }

    private static func error(in answer: HTTPAnswer) -> String? {
        guard answer.bodyEnd == .complete else { return nil }
        let bytes = answer.body.readableBytesUInt8Span
        return TokenAnswer(bytes)?.text(.error, in: bytes)
    }

    private static func reason(in answer: HTTPAnswer, _ request: RenewalRequest) -> String? {
        let bytes = answer.body.readableBytesUInt8Span
        guard let fields = TokenAnswer(bytes) else { return nil }
        let texts = [TokenAnswer.Field.errorDescription, .error].compactMap { fields.text($0, in: bytes) }
        return FailureMessages.fit(texts, redacting: request.redacted).first
    }

    private static func malformed(_ reason: Malformation.Reason, _ answer: HTTPAnswer, _ request: RenewalRequest)
        -> RenewalAnswer
    {
        .failed(.malformed(Malformation(reason, of: answer, redacting: request.redacted)))
    }
}
