import RefreshCore
import Testing

@Suite struct WorkPaceTests {
    @Test func `work takes about as long as it may, whatever a piece costs`() {
        for cost in [1, 7, 60, 400, 2_000] {
            var pace = WorkPace(50, within: 20...250, for: .milliseconds(20))
            for _ in 0..<20 { pace.took(.microseconds(cost * pace.amount)) }
            let time = Duration.microseconds(cost * pace.amount)
            switch cost {
            case ..<30: #expect(pace.amount == 250, "\(cost)")
            case 1_000...: #expect(pace.amount == 20, "\(cost)")
            default: #expect(time <= .milliseconds(20) && time >= .milliseconds(5), "\(cost): \(time)")
            }
        }
    }

    @Test func `where nobody waits it is always as much`() {
        var pace = WorkPace(always: 10_000)
        pace.took(.seconds(9))
        pace.took(.zero)
        #expect(pace.amount == 10_000)
    }
}
