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
        case 401: return .unauthorized
        case 403: return .forbidden
        default: return outcome(ofStatus: answer, redacting: token.redacted, now: now)
        }
    }

    /// The outcome of an answer to any operation whose body does not matter.
    static func outcome(
        ofStatus answer: HTTPAnswer, redacting: (String) -> String, now: Timestamp
    ) -> Outcome {
        func wait() -> Duration? { RetryAfter.wait(in: answer.retryAfter, date: answer.date, now: now) }
        return switch answer.status {
        case 300..<400: .malformed(Malformation(.redirect, of: answer, redacting: redacting))
        case 400 where answer.asksForClientCertificate: .misconfigured(.clientCertificateRequired)
        // The server says that it timed out waiting for the rest of a request that was written; it may have read the
        // request.
        case 408: .unknown(.requestTimeout)
        case 429: .throttled(retryAfter: wait())
        case 400..<500: .refused(status: answer.status)
        case 504: .unknown(.gatewayTimeout)
        case 500..<600: .unavailable(.status(answer.status, retryAfter: wait()))
        default: .malformed(Malformation(.unexpectedStatus, of: answer, redacting: redacting))
        }
    }

    /// What prevents reading the body of an answer to any operation; nil if all of it arrived.
    static func trouble(reading answer: HTTPAnswer, redacting: (String) -> String) -> Outcome? {
        let reason: Malformation.Reason
        switch answer.bodyEnd {
        case .tooLarge: reason = .tooLarge
        // The answer was still arriving when the time ran out, so it is not malformed.
        case .cut(.timeout): return .unknown(.timeout)
        case .cut(.cancelled): return .unknown(.givenUp)
        case .cut: reason = .truncated
        case .notDecoded(let problem): reason = problem
        case .complete:
            guard answer.body.readableBytes == 0 else { return nil }
            reason = .noResult
        }
        return .malformed(Malformation(reason, of: answer, redacting: redacting))
    }

    private static func success(_ answer: HTTPAnswer, for token: AccessToken) -> Outcome {
        func malformed(_ reason: Malformation.Reason) -> Outcome {
            .malformed(Malformation(reason, of: answer, redacting: token.redacted))
        }
        if let trouble = trouble(reading: answer, redacting: token.redacted) { return trouble }
        switch ResponseScan.result(in: answer.body.readableBytesUInt8Span) {
        case .success: return .refreshed
        case .repeated: return malformed(.unknownResult)
        case .undecided: break
        }
        guard let document = AnswerDocument(json: answer.body.readableBytesView) else {
            return malformed(.notJSON)
        }
        switch document.result {
        case .success: return .refreshed
        case .failure: return .rejected(messages: FailureMessages.fit(document.errors, hiding: token))
        case .absent: return malformed(.noResult)
        case .unknown: return malformed(.unknownResult)
        }
    }
}
