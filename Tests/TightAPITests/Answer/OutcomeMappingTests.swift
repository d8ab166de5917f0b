import NIOCore
import RefreshCore
import Testing

@testable import TightAPI

struct OutcomeMappingTests {
    private func outcome(_ answer: HTTPAnswer) throws -> Outcome {
        try OutcomeMapping.outcome(of: answer, for: randomToken(), now: .epoch)
    }

    private func answer(_ status: Int, _ body: String, _ end: HTTPAnswer.BodyEnd = .complete) -> HTTPAnswer {
        HTTPAnswer(
            status: status,
            contentType: "text/html; charset=utf-8",
            body: ByteBuffer(string: body),
            size: body.utf8.count,
            bodyEnd: end
        )
    }

    private func malformed(_ reason: Malformation.Reason, bytes: Int = 0) -> Outcome {
        .malformed(Malformation(reason, bytes: bytes, contentType: "text/html"))
    }

    @Test func `has exactly one outcome for every status`() throws {
        for status in 0...999 {
            let expected: Outcome =
                switch status {
                case 200...299: malformed(.noResult)
                case 300...399: malformed(.redirect)
                case 401: .unauthorized
                case 403: .forbidden
                case 408: .unknown(.requestTimeout)
                case 429: .throttled(retryAfter: nil)
                case 400...499: .refused(status: status)
                case 504: .unknown(.gatewayTimeout)
                case 500...599: .unavailable(.status(status))
                default: malformed(.unexpectedStatus)
                }
            let outcome = try outcome(answer(status, ""))
            #expect(outcome == expected, "\(status)")
        }
    }

    @Test(arguments: [
        #"{"result":"SUCCESS","result":"FAILURE"}"#, #"{"result":"FAILURE","note":"é","result":"SUCCESS"}"#,
        #"{"result":"SUCCESS","note":"é","result":"FAILURE"}"#, #"{"result":"SUCCESS","r\u0065sult":"FAILURE"}"#,
        #" {"a":{"result":"FAILURE"},"\u0072esult":null , "result":"SUCCESS"} "#,
    ])
    func `an answer with more than one result is malformed, whatever else it holds`(body: String) throws {
        let outcome = try outcome(answer(200, body))
        #expect(outcome == malformed(.unknownResult, bytes: body.utf8.count))
    }

    @Test func `a result within another value is no second one`() throws {
        let body = #"{"a":{"result":"FAILURE"},"b":"\"result\":","note":"é","result":"SUCCESS"}"#
        #expect(try outcome(answer(200, body)) == .refreshed)
    }

    @Test(arguments: [500, 502, 503, 507, 429])
    func `carries the wait that an answer asks for`(status: Int) throws {
        var answer = answer(status, "")
        answer.retryAfter = ["7200"]
        let outcome = try outcome(answer)
        #expect(
            outcome
                == (status == 429
                    ? .throttled(retryAfter: .hours(2)) : .unavailable(.status(status, retryAfter: .hours(2)))))
    }

    @Test(arguments: [400, 401, 403, 408, 429, 500, 503, 504])
    func `judges an answer that is no success by its status, however its body ended`(status: Int) throws {
        let whole = try outcome(answer(status, #"{"result":"SUCCESS"}"#))
        for end in [HTTPAnswer.BodyEnd.tooLarge, .cut(.connectionLost), .cut(.timeout), .cut(.cancelled)] {
            let cut = try outcome(answer(status, "{", end))
            #expect(cut == whole)
        }
        #expect(whole != .refreshed)
    }

    @Test func `says how a success was cut off`() throws {
        let body = #"{"result":"SUCCESS"}"#
        for (end, expected) in [
            (HTTPAnswer.BodyEnd.complete, Outcome.refreshed), (.tooLarge, malformed(.tooLarge, bytes: 20)),
            (.cut(.connectionLost), malformed(.truncated, bytes: 20)), (.cut(.timeout), .unknown(.timeout)),
            (.cut(.cancelled), .unknown(.givenUp)),
        ] {
            let outcome = try outcome(answer(200, body, end))
            #expect(outcome == expected)
        }
    }

    @Test(arguments: [
        (TransportFailure.Cause.nameNotResolved, Outcome.unavailable(.nameNotResolved)),
        (.notConnected, .unavailable(.notConnected)), (.handshakeFailed, .unavailable(.handshakeFailed)),
        (.handshakeRefused(.notTLS), .misconfigured(.handshake(.notTLS))),
        (.certificate(.selfSigned), .misconfigured(.certificate(.selfSigned))),
        (.clientCertificateRequired, .misconfigured(.clientCertificateRequired)),
        (.proxy(.noAnswer), .unavailable(.proxy(.noAnswer))),
        (.proxyRefused(.credentialsMissing), .misconfigured(.proxy(.credentialsMissing))),
        (.timeout, .unavailable(.notConnected)),
        (.connectionLost, .unavailable(.notConnected)), (.cancelled, .unavailable(.notConnected)),
        (.notHTTP, .unavailable(.notConnected)), (.headTooLarge, .unavailable(.notConnected)),
    ])
    func `knows that a request that was not sent did not reach the bank`(
        cause: TransportFailure.Cause,
        outcome: Outcome
    ) {
        for evidence in [Evidence.neverWritten] + Evidence.Disclaimer.allCases.map({ .disclaimed($0) }) {
            let failure = TransportFailure(cause: cause, evidence: evidence)
            #expect(OutcomeMapping.outcome(of: failure) == outcome)
        }
        #expect(!outcome.mayHaveReachedBank)
        for evidence in [Evidence.unknown, .answered] {
            let sent = OutcomeMapping.outcome(of: TransportFailure(cause: cause, evidence: evidence))
            #expect(sent.mayHaveReachedBank)
        }
    }

    @Test(arguments: [
        (#"{"result":"SUCCESS"}"#, Outcome.refreshed),
        (#"{"result":"SUCCESS","id":null,"errors":{}}"#, .refreshed),
        (#"{"\u0072esult":"SUCC\u0045SS"}"#, .refreshed),
        (#"{"result":"SUCCESS","name":"Zoë"}"#, .refreshed),
        (#"{"result":"SUCCESS",}"#, .refreshed),
        (#"{"result":"FAILURE"}"#, .rejected(messages: [])),
        (#"{"result":"FAILURE","id":7,"errors":null}"#, .rejected(messages: [])),
        (
            #"{"result":"FAILURE","errors":{"fieldErrors":{"b":{"errorMessage":"B","type":"NEW_KIND"},"a":{"type":"REQUIRED"}},"#
                + #""globalErrors":[{"type":"GENERAL","errorMessage":"G"},{"message":"DELETE"},{}]}}"#,
            .rejected(messages: ["a: REQUIRED", "b: B", "G", "DELETE"])
        ),
        (#"{"result":"FAILURE","errors":{"globalErrors":["plain"]}}"#, .rejected(messages: ["plain"])),
        (
            #"{"result":"FAILURE","errors":{"fieldErrors":{"a":["x"],"b":null}}}"#,
            .rejected(messages: ["a: x", "b"])
        ),
        (
            #"{"result":"FAILURE","errors":["one",{"errorMessage":"two"}]}"#,
            .rejected(messages: ["one", "two"])
        ),
        (#"{"result":"FAILURE","errors":"text"}"#, .rejected(messages: ["text"])),
        (#"{"result":"FAILURE","error":"text"}"#, .rejected(messages: ["text"])),
    ])
    func `reads answers of every documented and seen shape`(body: String, expected: Outcome) throws {
        let outcome = try outcome(answer(200, body))
        #expect(outcome == expected)
    }

    @Test(arguments: [
        ("", Malformation.Reason.noResult), ("{}", .noResult), ("[]", .noResult), ("null", .noResult),
        (#""SUCCESS""#, .noResult), (#"{"result":null}"#, .noResult), (#"{"error":"text"}"#, .noResult),
        (#"{"response":{},"status":"SUCCESS"}"#, .noResult), (#"{"data":{"result":"SUCCESS"}}"#, .noResult),
        (#"[{"result":"SUCCESS"}]"#, .noResult), (#"{"Result":"SUCCESS"}"#, .noResult),
        (#"{"result":"success"}"#, .unknownResult), (#"{"result":"SUCCESS "}"#, .unknownResult),
        (#"{"result":"PENDING"}"#, .unknownResult), (#"{"result":true}"#, .unknownResult),
        (#"{"result":["SUCCESS"]}"#, .unknownResult), (#"{"result":{"result":"SUCCESS"}}"#, .unknownResult),
        (#"{"result":"FAILURE","result":"SUCCESS"}"#, .unknownResult),
        (#"{"result":"SUCCESS","result":"SUCCESS"}"#, .unknownResult),
        ("<html>", .notJSON), (" ", .notJSON), (#"{"result":"SUCCESS""#, .notJSON),
        (#"{"result":"SUCCESS"}}"#, .notJSON),
        (#"{"result":"SUCCESS"},"#, .notJSON), (#"{'result':'SUCCESS'}"#, .notJSON),
    ])
    func `never takes for a success what is not understood`(body: String, reason: Malformation.Reason) throws {
        let outcome = try outcome(answer(200, body))
        #expect(outcome == malformed(reason, bytes: body.utf8.count))
    }

    @Test func `never takes bytes that are no text for a success`() throws {
        var answer = answer(200, "")
        answer.body = ByteBuffer(
            bytes: Array(#"{"a":""#.utf8) + [0xFF, 0xC0] + Array(#"","result":"SUCCESS"}"#.utf8)
        )
        answer.size = answer.body.readableBytes
        let outcome = try outcome(answer)
        #expect(outcome == malformed(.notJSON, bytes: answer.size))
    }

    @Test func `keeps few messages and short ones`() throws {
        let many = (0..<20).map { #"{"errorMessage":"\#($0) \#(String(repeating: "x", count: 500))"}"# }
        let outcome = try outcome(
            answer(200, #"{"result":"FAILURE","errors":{"globalErrors":[\#(many.joined(separator: ","))]}}"#)
        )
        guard case .rejected(let messages) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(messages.count == 5)
        #expect(messages.allSatisfy { $0.count <= 201 && $0.hasSuffix("…") })
    }

    @Test func `cuts characters that are made of very many`() throws {
        let monster = "e" + String(repeating: "\u{301}", count: 20_000)
        let messages = FailureMessages.fit([monster], hiding: try randomToken())
        #expect(messages.allSatisfy { $0.utf8.count <= 803 })
        #expect(messages.count == 1)
    }

    @Test func `shows neither control characters nor the token`() throws {
        let token = try randomToken()
        let echo = token.secret.withBytes { String(decoding: $0, as: UTF8.self) }
        let filler = String(repeating: "y", count: 190)
        var answer = answer(
            200,
            #"{"result":"FAILURE","errors":{"fieldErrors":{"\#(echo)":{"errorMessage":"a\u001b[31m\nb \#(echo)\#(echo)"},"#
                + #""z":{"errorMessage":"\#(filler)\#(echo)"}}}}"#
        )
        answer.contentType = "x/\(echo)"
        let outcome = OutcomeMapping.outcome(of: answer, for: token, now: .epoch)
        guard case .rejected(let messages) = outcome else {
            Issue.record("\(outcome)")
            return
        }
        #expect(messages.first == "‹redacted›: a [31m b ‹redacted›‹redacted›")
        #expect(messages.last == "z: \(filler)‹redact…")
        answer.body = ByteBuffer(string: "{}")
        let malformed = OutcomeMapping.outcome(of: answer, for: token, now: .epoch)
        #expect(
            malformed == .malformed(Malformation(.noResult, bytes: answer.size, contentType: "x/‹redacted›"))
        )
    }
}
