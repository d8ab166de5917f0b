import NIOCore
import RefreshCore
import Testing

@testable import TightAPI

struct RenewalMappingTests {
    private static let now = Timestamp(secondsSinceEpoch: 1_800_000_000)
    private let old: AccessToken
    private let credentials: ClientCredentials

    init() throws {
        old = try randomToken()
        credentials = ClientCredentials(id: "platform", secret: try randomToken().secret)
    }

    private func renewal(_ answer: HTTPAnswer) -> RenewalAnswer {
        let request = RenewalRequest(.refreshToken(old), credentials: credentials)
        return RenewalMapping.answer(to: .answered(answer), for: request, now: Self.now)
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

    private func malformed(_ reason: Malformation.Reason, bytes: Int = 0) -> RenewalAnswer {
        .failed(.malformed(Malformation(reason, bytes: bytes, contentType: "text/html")))
    }

    private static func token(_ text: String) throws -> AccessToken {
        try AccessToken(Array(text.utf8))
    }

    private static func refusedUs(_ status: Int) -> RenewalAnswer {
        .failed(.misconfigured(.renewalRefused(status: status)))
    }

    // MARK: A new pair

    @Test func `takes the documented answer`() throws {
        let expected = TokenPair(
            access: try Self.token("new.1"),
            refresh: try Self.token("new~2"),
            issuedAt: Timestamp(secondsSinceEpoch: 1_799_999_990),
            expiresAt: Timestamp(secondsSinceEpoch: 1_799_999_990 + 7_776_000)
        )
        let answer = answer(
            200,
            #"{"access_token":"new.1","token_type":"Bearer","expires_in":7776000,"refresh_token":"new~2","#
                + #""created_at":1799999990,"scope":"public"}"#
        )
        #expect(renewal(answer) == .renewed(expected))
    }

    @Test(
        arguments: [
            (#","expires_in":60"#, 0, 60.0), (#","expires_in":"60""#, 0, 60), (#","expires_in":6e1"#, 0, 60),
            (#","expires_in":0.5"#, 0, 0.5), (#","expires_in":0"#, 0, nil), (#","expires_in":-60"#, 0, nil),
            (#","expires_in":null"#, 0, nil), (#","expires_in":"soon""#, 0, nil), (#","expires_in":" 60""#, 0, nil),
            (#","expires_in":"inf""#, 0, nil), (#","expires_in":"0x10""#, 0, nil), (#","expires_in":{"a":60}"#, 0, nil),
            (#","expires_in":315619200"#, 0, 315_619_200), (#","expires_in":316000000"#, 0, nil),
            (#","expires_in":1e300"#, 0, nil), (#","expires_in":1e999"#, 0, nil),
            (#","expires_in":60,"expires_in":70"#, 0, nil), ("", 0, nil),
            (#","expires_in":60,"created_at":1799913600"#, -86_400, 60),
            (#","expires_in":60,"created_at":"1800086400""#, 86_400, 60),
            (#","expires_in":60,"created_at":1800086401"#, 0, 60), (#","expires_in":60,"created_at":0"#, 0, 60),
            (#","expires_in":60,"created_at":1799999990000"#, 0, 60), (#","created_at":-1e300"#, 0, nil),
            (#","created_at":"2027-01-15T08:00:00Z""#, 0, nil),
        ] as [(String, Int64, Double?)])
    func `reads when a token was issued and how long it lives, where that makes sense`(
        fields: String,
        issued: Int64,
        lifetime: Double?
    ) throws {
        let issuedAt = Timestamp(secondsSinceEpoch: Self.now.microsecondsSinceEpoch / 1_000_000 + issued)
        let expected = TokenPair(
            access: try Self.token("t"),
            refresh: nil,
            issuedAt: issuedAt,
            expiresAt: lifetime.map { issuedAt.advanced(by: .microseconds(Int64($0 * 1_000_000))) }
        )
        #expect(renewal(answer(200, #"{"access_token":"t"\#(fields)}"#)) == .renewed(expected))
    }

    @Test(
        arguments: [
            (#"{"access_token":"a\/b\u003d","refresh_token":"c"}"#, "a/b=", "c"),
            (#"{"acc\u0065ss_token":"a","refresh_token":""}"#, "a", nil),
            (
                #" {"access_token" : "a" , "refresh_token":null, "scope":"Zoë 🏦 \ud83c\udfe6","x":[1,{"access_token":"b"},[]]} "#,
                "a", nil
            ),
            (#"{"scope":null,"refresh_token":"c","access_token":"a"}"#, "a", "c"),
        ] as [(String, String, String?)])
    func `reads every way of writing a token`(body: String, access: String, refresh: String?) throws {
        let expected = TokenPair(
            access: try Self.token(access),
            refresh: try refresh.map(Self.token),
            issuedAt: Self.now,
            expiresAt: nil
        )
        #expect(renewal(answer(201, body)) == .renewed(expected))
    }

    @Test(arguments: [
        ("", Malformation.Reason.noResult), ("{}", .noResult), (#"{"access_token":null}"#, .noResult),
        (#"{"access_token":""}"#, .noResult), (#"{"error":"invalid_grant"}"#, .noResult),
        (#"{"data":{"access_token":"a"}}"#, .noResult), (#"{"refresh_token":"a"}"#, .noResult),
        (#"{"access_token":"a b"}"#, .unknownResult), (#"{"access_token":"a\n"}"#, .unknownResult),
        (#"{"access_token":"ä"}"#, .unknownResult), (#"{"access_token":7}"#, .unknownResult),
        (#"{"access_token":["a"]}"#, .unknownResult), (#"{"access_token":"a\ud800"}"#, .unknownResult),
        (#"{"access_token":"a","access_token":"a"}"#, .unknownResult),
        (#"{"access_token":"a","refresh_token":"b c"}"#, .unknownResult),
        (#"{"access_token":"a","refresh_token":"b","refresh_token":"c"}"#, .unknownResult),
        (#"{"access_token":"a","refresh_token":false}"#, .unknownResult),
        ("<html>", .notJSON), ("null", .notJSON), (#""a""#, .notJSON), (#"[{"access_token":"a"}]"#, .notJSON),
        (#"{"access_token":"a""#, .notJSON), (#"{"access_token":"a"}}"#, .notJSON),
        (#"{"access_token":"a",}"#, .notJSON), (#"{"access_token":"a" "b"}"#, .notJSON),
        (#"{"access_token":"a\x"}"#, .notJSON), (#"{"access_token":"a\"}"#, .notJSON),
        (#"{"access_token":"a\u00"}"#, .notJSON), (#"{'access_token':'a'}"#, .notJSON), ("{", .notJSON),
        (#"{"access_token":"a","x":"# + String(repeating: "[", count: 1_000), .notJSON),
    ])
    func `takes no token from what is not understood`(body: String, reason: Malformation.Reason) {
        #expect(renewal(answer(200, body)) == malformed(reason, bytes: body.utf8.count))
    }

    @Test func `takes no token from bytes that are no text`() {
        var answer = answer(200, "")
        answer.body = ByteBuffer(bytes: Array(#"{"access_token":"a","b":""#.utf8) + [0xFF] + Array(#""}"#.utf8))
        #expect(renewal(answer) == malformed(.notJSON))
    }

    @Test(arguments: [200, 400])
    func `says how an answer was cut off`(status: Int) {
        let body = #"{"access_token":"a","error":"invalid_grant"}"#
        for (end, expected) in [
            (HTTPAnswer.BodyEnd.tooLarge, malformed(.tooLarge, bytes: body.utf8.count)),
            (.cut(.connectionLost), malformed(.truncated, bytes: body.utf8.count)),
            (.cut(.timeout), .failed(.unknown(.timeout))), (.cut(.cancelled), .failed(.unknown(.givenUp))),
        ] {
            #expect(renewal(answer(status, body, end)) == expected)
        }
    }

    // MARK: None

    @Test func `has exactly one answer for every status without a body`() {
        for status in 0...999 {
            let expected: RenewalAnswer =
                switch status {
                case 200...299, 400: malformed(.noResult)
                case 300...399: malformed(.redirect)
                case 408: .failed(.unknown(.requestTimeout))
                case 429: .failed(.throttled(retryAfter: nil))
                case 401: Self.refusedUs(status)
                case 402...499: .failed(.refused(status: status))
                case 504: .failed(.unknown(.gatewayTimeout))
                case 500...599: .failed(.unavailable(.status(status)))
                default: malformed(.unexpectedStatus)
                }
            #expect(renewal(answer(status, "")) == expected, "\(status)")
        }
    }

    @Test(arguments: [
        (400, #"{"error":"invalid_grant"}"#, RenewalAnswer.refused(reason: "invalid_grant")),
        (
            400, #"{"error":"invalid_grant","error_description":"The token\nwas\u001b[31m  revoked."}"#,
            .refused(reason: "The token was [31m revoked.")
        ),
        (400, #"{"error":"invalid_grant","error_description":""}"#, .refused(reason: "invalid_grant")),
        (400, #"{"error":"Session token is invalid."}"#, .refused(reason: "Session token is invalid.")),
        (400, "{}", .refused(reason: nil)), (400, #"{"error":{"code":7}}"#, .refused(reason: nil)),
        (400, #"{"error":"invalid_client"}"#, refusedUs(400)),
        (400, #"{"error":"unauthorized_client"}"#, refusedUs(400)),
        (400, #"{"error":"unsupported_grant_type"}"#, refusedUs(400)),
        (400, #"{"error":"invalid_request"}"#, .failed(.refused(status: 400))),
        (400, #"{"error":"invalid_scope"}"#, .failed(.refused(status: 400))),
        (401, #"{"error":"invalid_grant","error_description":"old"}"#, .refused(reason: "old")),
        (403, #"{"error":"invalid_grant"}"#, .refused(reason: "invalid_grant")),
        (401, #"{"error":"invalid_client"}"#, refusedUs(401)), (401, "{}", refusedUs(401)),
        (401, #"{"error":"Session token is invalid or has expired."}"#, refusedUs(401)),
        (403, "<html>", .failed(.refused(status: 403))), (403, "{}", .failed(.refused(status: 403))),
        (403, #"{"error":"unauthorized_client"}"#, refusedUs(403)),
        (404, #"{"error":"invalid_grant"}"#, .refused(reason: "invalid_grant")),
        (404, #"{"error":"User not found."}"#, .failed(.refused(status: 404))),
        (409, "", .failed(.refused(status: 409))),
        (422, #"{"error":"invalid_request"}"#, .failed(.refused(status: 422))),
        (422, #"{"error":"invalid_client"}"#, refusedUs(422)),
        (408, #"{"error":"invalid_client"}"#, .failed(.unknown(.requestTimeout))),
        (503, #"{"error":"invalid_grant"}"#, .failed(.unavailable(.status(503)))),
    ])
    func `refuses a grant only on a word about the grant, and ourselves only on one about our credentials`(
        status: Int, body: String, expected: RenewalAnswer
    ) {
        #expect(renewal(answer(status, body)) == expected)
    }

    @Test func `does not take a gateway's page for a refusal`() {
        #expect(renewal(answer(400, "<html>")) == malformed(.notJSON, bytes: 6))
        #expect(renewal(answer(401, #"{"error":"invalid_grant"}"#, .cut(.connectionLost))) == Self.refusedUs(401))
    }

    @Test func `waits as long as it is asked to`() {
        var answer = answer(429, "<html>")
        answer.retryAfter = ["120"]
        #expect(renewal(answer) == .failed(.throttled(retryAfter: .seconds(120))))
        var failing = self.answer(503, "<html>")
        failing.retryAfter = ["120"]
        #expect(renewal(failing) == .failed(.unavailable(.status(503, retryAfter: .seconds(120)))))
    }

    @Test(arguments: [
        (TransportFailure.Cause.nameNotResolved, Evidence.neverWritten, Outcome.unavailable(.nameNotResolved)),
        (.certificate(.selfSigned), .neverWritten, .misconfigured(.certificate(.selfSigned))),
        (.timeout, .unknown, .unknown(.timeout)), (.connectionLost, .unknown, .unknown(.connectionLost)),
        (.cancelled, .unknown, .unknown(.givenUp)), (.cancelled, .neverWritten, .unavailable(.notConnected)),
        (.notConnected, .disclaimed(.goAway), .unavailable(.notConnected)),
    ])
    func `judges a failed connection as a refresh does`(
        cause: TransportFailure.Cause,
        evidence: Evidence,
        outcome: Outcome
    ) {
        let failure = TransportFailure(cause: cause, evidence: evidence)
        let request = RenewalRequest(.refreshToken(old), credentials: credentials)
        #expect(RenewalMapping.answer(to: .failed(failure), for: request, now: Self.now) == .failed(outcome))
    }

    // MARK: Secrets

    @Test(arguments: ["\u{1D}", "\t", "  "])
    func `shows no secret of two words, whatever stood between them`(gap: String) throws {
        let request = RenewalRequest(
            .refreshToken(old), credentials: ClientCredentials(id: "platform", secret: Secret(Array("two words".utf8))))
        var answer = answer(200, "<html>")
        answer.contentType = "x/two\(gap)words"
        #expect(
            RenewalMapping.answer(to: .answered(answer), for: request, now: Self.now)
                == .failed(.malformed(Malformation(.notJSON, bytes: 6, contentType: "x/‹redacted›"))))
    }

    @Test func `shows neither the token nor the client's secret, however they are written`() throws {
        let token = try AccessToken(Array("t+/=".utf8) + old.secret.withBytes { Array($0) })
        let secret = Secret(Array("s &".utf8) + credentials.secret.withBytes { Array($0) })
        let request = RenewalRequest(
            .refreshToken(token),
            credentials: ClientCredentials(id: "platform", secret: secret)
        )
        let echoes = [token.secret, secret].flatMap { $0.withBytes { [Array($0), FormBody.encoded($0)] } }
            .map { String(decoding: $0, as: UTF8.self) }
        for echo in echoes {
            var answer = answer(400, #"{"error":"invalid_grant","error_description":"bad “\#(echo)”"}"#)
            let refused = RenewalMapping.answer(to: .answered(answer), for: request, now: Self.now)
            #expect(refused == .refused(reason: "bad “‹redacted›”"))
            answer = self.answer(200, "<html>")
            answer.contentType = "x/\(echo)"
            let malformed = RenewalMapping.answer(to: .answered(answer), for: request, now: Self.now)
            #expect(
                malformed == .failed(.malformed(Malformation(.notJSON, bytes: 6, contentType: "x/‹redacted›")))
            )
        }
    }

    @Test func `keeps a reason short`() throws {
        let text = String(repeating: "x", count: 5_000)
        guard case .refused(let reason?) = renewal(answer(400, #"{"error":"\#(text)"}"#)) else {
            Issue.record("not refused")
            return
        }
        #expect(reason.count <= 201)
    }
}
