import FleetMetrics
import RefreshCore
import Testing

struct DayCurveTests {
    private let now = Timestamp(secondsSinceEpoch: 1_800_000_000)

    @Test func `a day and the quarter that runs are told in order, empty ones too`() {
        var day = DayCurve()
        day.add(.refreshed, at: now)
        day.add(.rejected, at: now)
        day.add(.refreshed, at: now.advanced(by: .hours(-24)))
        let quarters = day.quarters(now: now)
        #expect(quarters.count == 97)
        #expect(quarters.first?.outcomes[.refreshed] == 1)
        #expect(quarters.last?.outcomes.total == 2)
        #expect(quarters.dropFirst().dropLast().allSatisfy { $0.outcomes.total == 0 && $0.planned == nil })
        #expect(zip(quarters, quarters.dropFirst()).allSatisfy { $0.number + 1 == $1.number })
    }

    @Test func `what is older than a day is forgotten`() {
        var day = DayCurve()
        day.add(.refreshed, at: now)
        let later = now.advanced(by: .hours(25))
        day.add(.refreshed, at: later)
        #expect(day.quarters(now: later).map(\.outcomes.total).reduce(0, +) == 1)
        #expect(day.quarters(now: now.advanced(by: .days(30))).allSatisfy { $0.outcomes.total == 0 })
    }

    @Test func `a quarter that has begun keeps the plan it had`() {
        var day = DayCurve()
        let number = QuarterHour.number(of: now)
        day.plan([5, 6, 7], from: number, now: now)
        #expect(day.quarters(now: now, back: 0, ahead: 2).map(\.planned) == [5, 6, 7])
        let next = now.advanced(by: QuarterHour.length)
        day.plan([1, 8], from: number + 1, now: next)
        #expect(day.quarters(now: next, back: 1, ahead: 1).map(\.planned) == [5, 6, 8])
    }

    @Test func `a plan reaches a day ahead and hides nothing that was`() {
        var day = DayCurve()
        day.add(.refreshed, at: now.advanced(by: .hours(-24)))
        day.plan(Array(repeating: 1, count: 500), from: QuarterHour.number(of: now), now: now)
        let quarters = day.quarters(now: now, ahead: DayCurve.ahead)
        #expect(quarters.first?.outcomes.total == 1)
        #expect(quarters.suffix(97).allSatisfy { $0.planned == 1 })
    }

    @Test func `times before 1970 do no harm`() {
        var day = DayCurve()
        day.add(.refreshed, at: Timestamp(secondsSinceEpoch: -1))
        #expect(day.quarters(now: .epoch, back: 1).map(\.outcomes.total) == [1, 0])
    }

    @Test(arguments: [(0, [15, 15]), (1, [14, 15]), (14, [1, 15]), (15, [15, 15])] as [(Int64, [Int])])
    func `minutes lie in the quarters of the clock`(start: Int64, sums: [Int]) {
        let from = Timestamp(secondsSinceEpoch: 1_800_000_000 + start * 60)
        let ones = Array(repeating: 1, count: 30)
        #expect(QuarterHour.sums(ofMinutes: [ones], from: from) == sums)
        #expect(QuarterHour.sums(ofMinutes: [ones, ones], from: from) == sums.map { $0 * 2 })
        #expect(QuarterHour.sums(ofMinutes: [], from: from).isEmpty)
    }
}
