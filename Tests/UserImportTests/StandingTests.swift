import RefreshCore
import RefreshDaemon
import Testing
import UserImport

/// What an export says of how users stood, as an import reads it.
struct StandingTests {
    private func standing(_ fields: String) -> UserStanding? {
        Reading(#"{"user_id":"a","access_token":"t",\#(fields)}"#).entries.first?.standing
    }

    private func problem(_ fields: String) -> RowProblem? {
        Reading(#"{"user_id":"a","access_token":"t",\#(fields)}"#).problems[1]
    }

    private static func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(rfc3339: text)) }

    @Test func `reads every field`() throws {
        let read = try #require(
            standing(
                #"""
                "issued_at":"2025-12-01T00:00:00.25Z","place":9223372036854775807,"state":"backing off",\#
                "next_due":"2026-01-01T06:00:00.000001Z","slot":"2026-01-01T05:00:00Z",\#
                "reached_at":"2025-12-31T23:59:59.999999Z","day":"2025-12-31","attempts_today":3,\#
                "last_success":"2025-12-30T00:00:00Z","failures":2,"failing_since":1767139200,"outage_tries":1,\#
                "outage_waits":4,"refused_status":422,"refused_turns":2,"refused_until":"2026-01-02T00:00:00Z",\#
                "last_attempt_at":"2025-12-31T23:59:58Z","last_outcome":"refused","last_http_status":422,\#
                "last_reason":"no \"account\""
                """#))
        var record = User.Record(slot: try Self.moment("2026-01-01T05:00:00Z"))
        record.reachedAt = try Self.moment("2025-12-31T23:59:59.999999Z")
        record.day = try Self.moment("2025-12-31T00:00:00Z").day
        record.attemptsToday = 3
        record.lastSuccess = try Self.moment("2025-12-30T00:00:00Z")
        record.failures = 2
        record.failingSince = try Self.moment("2025-12-31T00:00:00Z")
        (record.outageTries, record.outageWaits) = (1, 4)
        record.refusal = Refusal(status: 422, turns: 2, turnEnds: try Self.moment("2026-01-02T00:00:00Z"))
        record.lastAttempt = User.LastAttempt(
            at: try Self.moment("2025-12-31T23:59:58Z"), outcome: .refused, httpStatus: 422, reason: "no \"account\"")
        #expect(
            read
                == UserStanding(
                    place: Place(rawValue: .max),
                    state: .backingOff(due: try Self.moment("2026-01-01T06:00:00.000001Z")),
                    record: record, tokenIssuedAt: try Self.moment("2025-12-01T00:00:00.25Z")))
    }

    @Test func `a state comes with what belongs to it`() throws {
        let moment = try Self.moment("2026-01-03T00:00:00Z")
        let text = #""2026-01-03T00:00:00Z""#
        #expect(standing(#""state":"scheduled","next_due":\#(text)"#)?.state == .scheduled(due: moment))
        #expect(
            standing(#""state":"parked","park_reason":"forbidden","parked_since":\#(text)"#)?.state
                == .parked(.forbidden, since: moment))
        #expect(
            standing(#""state":"parked","park_reason":"refused""#)?.state == .parked(.refused, since: Reading.now))
        #expect(standing(#""state":"paused""#)?.state == .paused(nil))
        #expect(
            standing(#""state":"paused","paused_until":\#(text),"next_due":"2026-01-03T09:00:00Z""#)?.state
                == .paused(PauseEnd(until: moment, due: try Self.moment("2026-01-03T09:00:00Z"))))
    }

    @Test func `the moment of the latest call is enough`() throws {
        let read = try #require(standing(#""reached_at":"2025-12-31T20:00:00Z""#))
        #expect(read.state == nil && read.place == nil)
        #expect(read.record.reachedAt == (try Self.moment("2025-12-31T20:00:00Z")))
        #expect(read.record.day == (try Self.moment("2025-12-31T00:00:00Z")).day)
    }

    @Test func `a user of a list has none`() {
        #expect(standing(#""group":"eu","expires_at":"2027-01-01T00:00:00Z","refresh_token":"r""#) == nil)
        #expect(Reading("user_id,access_token\na,t").entries.map(\.standing) == [nil])
    }

    @Test func `a token that expired meanwhile comes along with how its user stood, and from a list does not`() throws {
        let expired = #""expires_at":"2025-12-31T00:00:00Z""#
        #expect(problem(expired) == .expired(at: try Self.moment("2025-12-31T00:00:00Z")))
        let entry = Reading(#"{"user_id":"a","access_token":"t","state":"paused",\#(expired)}"#).entries.first
        #expect(entry?.expiresAt == (try Self.moment("2025-12-31T00:00:00Z")))
    }

    @Test(
        arguments: [
            (#""state":"asleep""#, .noWord(.state)),
            (#""state":"parked""#, .missing(.parkReason, beside: .state)),
            (#""state":"parked","park_reason":"whim""#, .noWord(.parkReason)),
            (#""state":"backing off""#, .missing(.nextDue, beside: .state)),
            (#""state":7"#, .wrongType(.state)), (#""failures":"many""#, .noNumber(.failures)),
            (#""failures":-1"#, .noNumber(.failures)),
            (#""failures":2147483648"#, .noNumber(.failures)),
            (#""failures":1.5"#, .wrongType(.failures)), (#""place":-1"#, .noNumber(.place)),
            (#""reached_at":"yesterday""#, .noMoment(.reachedAt)),
            (#""reached_at":1767139200000"#, .noMoment(.reachedAt)),
            (#""slot":"0000-01-01T00:00:00+01:00""#, .noMoment(.slot)),
            (#""day":"31.12.2025""#, .noWord(.day)),
            (#""refused_status":422"#, .missing(.refusedUntil, beside: .refusedStatus)),
            (#""last_attempt_at":1767139200"#, .missing(.lastOutcome, beside: .lastAttemptAt)),
            (#""last_attempt_at":1767139200,"last_outcome":"fine""#, .noWord(.lastOutcome)),
            (#""state":"paused","state":"paused""#, .repeatedKey(.state)),
        ] as [(String, RowProblem)])
    func `tells what cannot be, with its place and the remedy`(fields: String, expected: RowProblem) {
        #expect(problem(fields) == expected)
        let text = expected.description
        #expect(fields.split(separator: "\"").contains { text.contains($0) }, "\(text)")
        #expect(!text.contains("whim") && !text.contains("yesterday"))
    }

    @Test func `a table has no column for it`() {
        let refusal = Reading("user_id,access_token,state\na,t,paused").refusal
        #expect(
            refusal?.description.hasPrefix(#"column "state" is not known; known are user_id, access_token, "#) == true)
    }

    @Test func `shows a token in no text that stands where a word should`() {
        for field in ["state", "park_reason", "next_due", "day", "failures", "last_outcome", "reached_at", "place"] {
            let reading = Reading(#"{"user_id":"a","access_token":"t","\#(field)":"secret-token-7"}"#)
            #expect(reading.entries.isEmpty)
            #expect(!"\(reading.rows)\(reading.problems)".contains("secret-token"))
        }
    }
}
