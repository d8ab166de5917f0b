@testable import RefreshCore
import Testing

@testable import Monitoring

struct OverviewTests {
    @Test(
        arguments: [
            (.fresh, .well, "All is well: 100,000 of 100,000 users are fresh"),
            (.well, .note, "All is well: 99,993 of 100,000 users are fresh"),
            (.outage, .trouble, "Tight is not well: no calls are made until 12:56 UTC"),
            (.parked, .attention, "7,412 users are parked: token refused"),
            (.late, .attention, "12,400 of 99,998 users are overdue, the oldest for 1 h 44 min"),
            (.empty, .well, "No users yet"),
            (.storeDown, .trouble, "The scheduler is stuck"),
            (
                .storeFull, .trouble,
                "The store does not work: the disk that holds /var/lib/bankrefreshd/store.sqlite is full"
            ),
            (.paused, .attention, "All calls are paused"),
        ] as [(Scene, Health.Severity, String)])
    func `the headline says the worst, or that all is well`(scene: Scene, level: Health.Severity, headline: String) {
        #expect(scene.overview.health.level == level)
        #expect(scene.overview.health.headline == headline)
    }

    @Test(arguments: [
        (0, [0, 1]), (1, [0, 1]), (4, [0, 1, 2, 3, 4]), (5, [0, 2, 4, 6]), (1_066, [0, 500, 1_000, 1_500]),
        (99, [0, 50, 100]), (1_000_001, [0, 500_000, 1_000_000, 1_500_000]),
    ])
    func `axes have round numbers`(greatest: Int, ticks: [Int]) {
        #expect(AxisScale(holding: greatest, intervals: 4).ticks == ticks)
    }

    @Test func `the greatest number there is has an axis`() {
        #expect(AxisScale(holding: .max, intervals: 4).ticks.count > 1)
    }

    @Test func `hours are whole in a curve by hours`() {
        let bars = LoadCurve.bars(of: Scene.well.overview, quartersPerBar: 4)
        #expect(bars.allSatisfy { $0.from.duration(to: $0.to) == .hours(1) })
        #expect((27...28).contains(bars.count))
        #expect(bars.filter(\.isAhead).allSatisfy { $0.called == 0 && $0.planned != nil })
    }
}
