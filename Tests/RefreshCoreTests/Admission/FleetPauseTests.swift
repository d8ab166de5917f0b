import RefreshCore
import Testing

struct FleetPauseTests {
    @Test func `a reason is fit for a log line, and none where nothing can be seen`() {
        #expect(FleetPause(until: nil, reason: "bank\u{1B}[31m at\nwork ").reason == "bank [31m at work")
        #expect(FleetPause(until: nil, reason: " \n\u{7}").reason == nil)
        #expect(FleetPause(until: nil).reason == nil)
        let long = FleetPause(until: nil, reason: String(repeating: "a", count: 5_000)).reason
        #expect(long?.count == 201)
        #expect(long?.last == "…")
    }
}
