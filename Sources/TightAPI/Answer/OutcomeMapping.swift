import NIOCore
import RefreshCore

/// Maps what the transport saw to an outcome; every exchange has exactly one.
enum OutcomeMapping {
    /// The answer's outcome; `now` is the local time, for a `Retry-After` date in an answer without a `Date`.
    static func answer(to result: TransportResult, for token: AccessToken, now: Timestamp) -> RefreshAnswer {
        switch result {
        case .failed(let failure):
            RefreshAnswer(outcome: outcome(of: failure), httpStatus: nil, lostConnection: failure.lostConnection)
        case .answered(let answer):
            RefreshAnswer(
                outcome: outcome(of: answer, for: token, now: now),
                httpStatus: answer.status,
                lostConnection: answer.lostConnection
            )
        }
    }

    static func outcome(of failure: TransportFailure) -> Outcome {
        failure.evidence.mayHaveBeenActedUpon ? afterSending(failure.cause) : beforeSending(failure.cause)
    }

    private static func beforeSending(_ cause: TransportFailure.Cause) -> Outcome {
        switch cause {
        case .nameNotResolved: .unavailable(.nameNotResolved)
        case .handshakeFailed: .unavailable(.handshakeFailed)
        case .handshakeRefused(let problem): .misconfigured(.handshake(problem))
        case .certificate(let problem): .misconfigured(.certificate(problem))
        case .clientCertificateRequired: .misconfigured(.clientCertificateRequired)
        case .proxy(let trouble): .unavailable(.proxy(trouble))
        case .proxyRefused(let refusal): .misconfigured(.proxy(refusal))
        case .notConnected, .timeout, .connectionLost, .cancelled, .late, .notHTTP, .headTooLarge:
            .unavailable(.notConnected)
        }
    }

    private static func afterSending(_ cause: TransportFailure.Cause) -> Outcome {
        switch cause {
        case .timeout: .unknown(.timeout)
        case .cancelled: .unknown(.givenUp)
        case .notHTTP: .malformed(Malformation(.notHTTP, bytes: 0, contentType: nil))
        case .headTooLarge: .malformed(Malformation(.tooLarge, bytes: 0, contentType: nil))
        case .connectionLost, .late, .nameNotResolved, .notConnected, .handshakeFailed, .handshakeRefused,
            .certificate, .clientCertificateRequired, .proxy, .proxyRefused:
            .unknown(.connectionLost)
        }
    }

    static func outcome(of answer: HTTPAnswer, for token: AccessToken, now: Timestamp) -> Outcome {
        switch answer.status {
        case 200..<300: return success(answer, for: token)
        case 300..<400: return malformed(.redirect, answer, token)
        case 400 where answer.asksForClientCertificate: return .misconfigured(.clientCertificateRequired)
        case 401: return .unauthorized
        case 403: return .forbidden
        // The server says that it timed out waiting for the rest of a request that was written; it may have read the
        // request.
        case 408: return .unknown(.requestTimeout)
        case 429:
            return .throttled(retryAfter: RetryAfter.wait(in: answer.retryAfter, date: answer.date, now: now))
        case 400..<500: return .refused(status: answer.status)
        case 504: return .unknown(.gatewayTimeout)
        case 500..<600:
            let wait = RetryAfter.wait(in: answer.retryAfter, date: answer.date, now: now)
            return .unavailable(.status(answer.status, retryAfter: wait))
        default: return malformed(.unexpectedStatus, answer, token)
        }
    }

    private static func success(_ answer: HTTPAnswer, for token: AccessToken) -> Outcome {
        switch answer.bodyEnd {
        case .tooLarge: return malformed(.tooLarge, answer, token)
        // The answer was still arriving when the time ran out, so it is not malformed.
        case .cut(.timeout): return .unknown(.timeout)
        case .cut(.cancelled): return .unknown(.givenUp)
        case .cut: return malformed(.truncated, answer, token)
        case .notDecoded(let problem): return malformed(problem.reason, answer, token)
        case .complete: break
        }
        guard answer.body.readableBytes > 0 else { return malformed(.noResult, answer, token) }
        switch ResponseScan.result(in: answer.body.readableBytesUInt8Span) {
        case .success: return .refreshed
        case .repeated: return malformed(.unknownResult, answer, token)
        case .undecided: break
        }
        guard let document = AnswerDocument(json: answer.body.readableBytesView) else {
            return malformed(.notJSON, answer, token)
        }
        switch document.result {
        case .success: return .refreshed
        case .failure: return .rejected(messages: FailureMessages.fit(document.errors, hiding: token))
        case .absent: return malformed(.noResult, answer, token)
        case .unknown: return malformed(.unknownResult, answer, token)
        }
    }

    private static func malformed(_ reason: Malformation.Reason, _ answer: HTTPAnswer, _ token: AccessToken)
        -> Outcome
    {
        .malformed(Malformation(reason, of: answer) { token.redacted(in: $0) })
    }
}
