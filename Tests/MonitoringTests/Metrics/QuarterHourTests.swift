import Monitoring
import RefreshCore
import Testing

struct QuarterHourTests {
    private let now = Timestamp(secondsSinceEpoch: 1_800_000_000)

    private func tally(_ span: Duration, _ counts: [OutcomeKind: Int]) -> AttemptTally {
        AttemptTally(from: now.advanced(by: span), counts: counts)
    }

    @Test func `a day and the quarter that runs are told in order, empty ones too`() {
        let tallies = [
            tally(.hours(-24), [.refreshed: 1]), tally(.zero, [.refreshed: 2]), tally(.minutes(5), [.rejected: 3]),
        ]
        let quarters = QuarterHour.quarters(of: tallies, against: PlannedCalls(), now: now.advanced(by: .minutes(9)))
        #expect(quarters.count == 97)
        #expect(quarters.first?.refreshed == 1)
        #expect(quarters.last?.outcomes == [.refreshed: 2, .rejected: 3])
        #expect(quarters.last?.called == 5)
        #expect(quarters.dropFirst().dropLast().allSatisfy { $0.called == 0 && $0.planned == nil })
        #expect(zip(quarters, quarters.dropFirst()).allSatisfy { $0.number + 1 == $1.number })
    }

    @Test func `what is older than a day is not told`() {
        let quarters = QuarterHour.quarters(
            of: [tally(.hours(-25), [.refreshed: 1])], against: PlannedCalls(), now: now)
        #expect(quarters.allSatisfy { $0.called == 0 })
    }

    private func planned(_ plan: PlannedCalls, from number: Int64, _ count: Int64) -> [Int?] {
        (number..<number + count).map { plan[$0] }
    }

    @Test func `a quarter that has begun keeps the plan it had`() {
        var plan = PlannedCalls()
        let number = QuarterHour.number(of: now)
        plan.plan([5, 6, 7], from: number, now: now)
        #expect(planned(plan, from: number, 3) == [5, 6, 7])
        plan.plan([1, 8], from: number + 1, now: now.advanced(by: QuarterHour.length))
        #expect(planned(plan, from: number, 3) == [5, 6, 8])
    }

    @Test func `a plan reaches a day ahead and is kept for a day`() {
        var plan = PlannedCalls()
        let number = QuarterHour.number(of: now)
        plan.plan(Array(repeating: 1, count: 500), from: number, now: now)
        let quarters = QuarterHour.quarters(
            of: [tally(.hours(-24), [.refreshed: 1])], against: plan, now: now, ahead: PlannedCalls.ahead)
        #expect(quarters.count == 193)
        #expect(quarters.first?.called == 1)
        #expect(quarters.suffix(97).allSatisfy { $0.planned == 1 })
        plan.plan([2], from: number + 97, now: now.advanced(by: QuarterHour.length * 97))
        #expect(planned(plan, from: number, 2) == [nil, 1])
    }

    @Test func `times before 1970 do no harm`() {
        let tallies = [AttemptTally(from: Timestamp(secondsSinceEpoch: -1), counts: [.refreshed: 1])]
        let quarters = QuarterHour.quarters(of: tallies, against: PlannedCalls(), now: .epoch)
        #expect(quarters.suffix(2).map(\.called) == [1, 0])
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
