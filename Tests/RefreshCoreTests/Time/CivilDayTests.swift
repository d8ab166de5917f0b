import RefreshCore
import Testing

struct CivilDayTests {
    @Test func `agrees with counting the days one by one`() {
        var year: Int64 = 1_799
        var month: Int64 = 12
        var dayOfMonth: Int64 = 31
        let first = CivilDay.day(year: year, month: month, dayOfMonth: dayOfMonth)
        var disagreements: [Int64] = []
        for day in first..<(first + 4 * 146_097) {
            let date = CivilDay.date(ofDay: day)
            if date != (year, month, dayOfMonth)
                || CivilDay.day(year: year, month: month, dayOfMonth: dayOfMonth) != day
            {
                disagreements.append(day)
            }
            (year, month, dayOfMonth) = Self.dayAfter(year, month, dayOfMonth)
        }
        #expect(disagreements.isEmpty)
        #expect(first == -62_092)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `agrees with the count of leap years in any year`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for _ in 0..<500 {
            let day = Int64.random(in: -106_751_992...106_751_991, using: &random)
            let (year, month, dayOfMonth) = CivilDay.date(ofDay: day)
            #expect(Self.daysByLeapYears(year, month, dayOfMonth) == day)
            #expect(CivilDay.day(year: year, month: month, dayOfMonth: dayOfMonth) == day)
        }
    }

    @Test(arguments: [
        (2_000 as Int64, 29 as Int64), (1_900, 28), (2_024, 29), (2_026, 28), (0, 29), (-4, 29), (-1, 28),
        (-100, 28), (-400, 29),
    ])
    func `knows the leap years`(year: Int64, days: Int64) {
        #expect(CivilDay.days(inMonth: 2, of: year) == days)
    }

    private static func dayAfter(_ year: Int64, _ month: Int64, _ dayOfMonth: Int64) -> (Int64, Int64, Int64) {
        if dayOfMonth < lengths(year)[Int(month) - 1] { return (year, month, dayOfMonth + 1) }
        return month < 12 ? (year, month + 1, 1) : (year + 1, 1, 1)
    }

    /// Days since 1970 by counting years and leap years, month by month: nothing of the era arithmetic.
    private static func daysByLeapYears(_ year: Int64, _ month: Int64, _ dayOfMonth: Int64) -> Int64 {
        let before = year - 1
        func floored(_ divisor: Int64) -> Int64 {
            (before - ((before % divisor + divisor) % divisor)) / divisor
        }
        let sinceYear1 = before * 365 + floored(4) - floored(100) + floored(400)
        return sinceYear1 + lengths(year).prefix(Int(month) - 1).reduce(0, +) + dayOfMonth - 1 - 719_162
    }

    private static func lengths(_ year: Int64) -> [Int64] {
        let isLeap = year.isMultiple(of: 4) && !year.isMultiple(of: 100) || year.isMultiple(of: 400)
        return [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    }
}
