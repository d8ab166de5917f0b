import RefreshCore
import Testing

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
        #expect(Outcome.unavailable(.status(503)).reason?.contains("503") == true)
    }

    @Test func `counts as reaching the bank only what may have`() {
        let reaching = OutcomeKind.allCases.filter(\.mayHaveReachedBank)
        #expect(reaching == [.refreshed, .rejected, .unknown, .malformed])
        #expect(Set(Arbitrary.outcomes.map(\.kind)) == Set(OutcomeKind.allCases))
    }
}
