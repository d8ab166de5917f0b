import Testing

@testable import RefreshCore

struct ReasonTests {
    @Test(arguments: Arbitrary.outcomes)
    func `is given for every outcome that its name does not explain`(outcome: Outcome) {
        switch outcome {
        case .refreshed, .rejected(messages: []), .throttled(retryAfter: nil): #expect(outcome.reason == nil)
        default: #expect(outcome.reason?.isEmpty == false)
        }
    }

    @Test func `names what Tight said and what to check`() {
        #expect(Outcome.rejected(messages: ["a", "b"]).reason == "a; b")
        #expect(Outcome.throttled(retryAfter: .seconds(90)).reason == "Tight asks to wait 1 min 30 s")
        #expect(Outcome.misconfigured(.status(404)).reason?.contains("api.baseURL") == true)
        #expect(Outcome.misconfigured(.keyMissing).reason?.contains("store.key") == true)
        #expect(Outcome.unavailable(.status(503)).reason == "HTTP status 503; the refresh may have begun")
        #expect(
            Outcome.unavailable(.status(503, retryAfter: .hours(2))).reason
                == "HTTP status 503; the refresh may have begun; Tight asks to wait 2 h")
        #expect(Outcome.refused(status: 404).reason == "HTTP status 404")
    }

    @Test(arguments: Arbitrary.outcomes)
    func `speaks of no refresh where none or many are meant`(outcome: Outcome) {
        #expect(outcome.briefReason?.contains("refresh") != true)
        #expect((outcome.briefReason == nil) == (outcome.reason == nil))
    }

    @Test func `takes a 5xx for a call that was not begun only where the rules say so`() {
        let soon = UserPolicy(serverErrors: .soon)
        for outcome in Arbitrary.outcomes {
            if case .unavailable(.status) = outcome {
                #expect(outcome.mayHaveReachedBank(under: UserPolicy()))
                #expect(!outcome.mayHaveReachedBank(under: soon))
            } else {
                #expect(outcome.mayHaveReachedBank(under: soon) == outcome.mayHaveReachedBank)
                #expect(outcome.mayHaveReachedBank(under: UserPolicy()) == outcome.mayHaveReachedBank)
            }
        }
    }

    @Test func `counts as reaching the bank only what may have`() {
        let reaching = Arbitrary.outcomes.filter(\.mayHaveReachedBank)
        let always: Set<OutcomeKind> = [.refreshed, .rejected, .refused, .unknown, .malformed]
        #expect(Set(reaching.map(\.kind)) == always.union([.unavailable]))
        let hidden = Arbitrary.outcomes.filter { always.contains($0.kind) && !$0.mayHaveReachedBank }
        #expect(hidden.isEmpty)
        #expect(Outcome.unavailable(.status(503)).mayHaveReachedBank)
        #expect(Outcome.unavailable(.status(503, retryAfter: .hours(1))).mayHaveReachedBank)
        for cause in [
            Unavailability.nameNotResolved, .notConnected, .handshakeFailed, .proxy(.noAnswer),
            .tokenNotRenewed(reason: ""),
        ] {
            #expect(!Outcome.unavailable(cause).mayHaveReachedBank)
        }
        #expect(Set(Arbitrary.outcomes.map(\.kind)) == Set(OutcomeKind.allCases))
    }
}
