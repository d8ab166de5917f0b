import Host
import RefreshCore
import Testing

@Suite struct ClockStepWatchTests {
    private func reading(wall: Duration, sinceBoot: Duration) -> ClockReading {
        ClockReading(
            wall: Timestamp(secondsSinceEpoch: 1_800_000_000).advanced(by: wall),
            sinceBoot: sinceBoot
        )
    }

    @Test(arguments: [
        (Duration.hours(1), Duration.hours(1)), (.days(-30), .days(-30)),
        (.milliseconds(1_001), .milliseconds(1_001)),
    ])
    func `tells a step by its length`(step: Duration, told: Duration) {
        var watch = ClockStepWatch()
        #expect(watch.step(at: reading(wall: .zero, sinceBoot: .seconds(50))) == nil)
        #expect(watch.step(at: reading(wall: .seconds(10) + step, sinceBoot: .seconds(60))) == told)
        #expect(watch.step(at: reading(wall: .seconds(20) + step, sinceBoot: .seconds(70))) == nil)
    }

    @Test func `a suspend is no step`() {
        var watch = ClockStepWatch()
        #expect(watch.step(at: reading(wall: .zero, sinceBoot: .zero)) == nil)
        #expect(watch.step(at: reading(wall: .hours(9), sinceBoot: .hours(9))) == nil)
    }

    @Test func `small steps are told once they add up`() {
        var watch = ClockStepWatch()
        #expect(watch.step(at: reading(wall: .zero, sinceBoot: .zero)) == nil)
        #expect(watch.step(at: reading(wall: .milliseconds(10_600), sinceBoot: .seconds(10))) == nil)
        #expect(
            watch.step(at: reading(wall: .milliseconds(21_200), sinceBoot: .seconds(20)))
                == .milliseconds(1_200)
        )
    }

    @Test func `this machine's clocks agree while nobody sets them`() {
        var watch = ClockStepWatch()
        let first = ClockReading.ofThisMachine()
        #expect(first.wall > Timestamp(secondsSinceEpoch: 1_700_000_000))
        #expect(first.sinceBoot > .zero)
        #expect(watch.step(at: first) == nil)
        #expect(watch.step(at: .ofThisMachine()) == nil)
    }
}
