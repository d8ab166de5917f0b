import RefreshCore
import Testing

/// Slots in the windows of local days.
struct WindowCadenceTests {
    @Test(arguments: 0..<60 as Range<UInt64>, [1, 2, 7] as [Int64])
    func `gives a place one slot in the window of every so-many-th day`(seed: UInt64, days: Int64) throws {
        var arbitrary = Arbitrary(seed: seed)
        let window = arbitrary.window()
        let cadence = Cadence(every: .days(days), window: window)
        let place = arbitrary.place()
        var moment = arbitrary.moment()
        var last: Int64?
        for _ in 0..<200 {
            let slot = cadence.slot(of: place, notBefore: moment)
            #expect(slot >= moment)
            let opening = try #require(window.opening(at: slot))
            let shown = window.zone.day(at: opening.start)
            let day = try #require([shown, shown - 1].first { window.opening(onDay: $0) == opening })
            if let last {
                // A turn is left out only where its day is none.
                let between = stride(from: last + days, to: day, by: Int(days))
                #expect((day - last) % days == 0 && day > last)
                #expect(between.allSatisfy { window.opening(onDay: $0) == nil }, "\(last) \(day)")
            }
            last = day
            #expect(cadence.slot(of: place, notBefore: slot) == slot)
            moment = slot.advanced(by: .microseconds(1))
        }
    }

    @Test func `spreads users over the days of a turn`() throws {
        let from = try #require(TimeOfDay("22:00"))
        let to = try #require(TimeOfDay("04:00"))
        let window = try #require(DailyWindow(from: from, to: to, zone: Zones.stepping()))
        let cadence = Cadence(every: .days(7), window: window)
        let start = try #require(Timestamp(rfc3339: "2026-06-01T12:00:00Z"))
        var arbitrary = Arbitrary(seed: 3)
        let slots = (0..<7_000).map { _ in cadence.slot(of: arbitrary.place(), notBefore: start) }
        let days = Dictionary(grouping: slots) { start.duration(to: $0).wholeMicroseconds / 86_400_000_000 }
        #expect(days.keys.sorted() == Array(0..<7))
        #expect(days.values.allSatisfy { (850...1_150).contains($0.count) })
    }

    @Test func `ends at the end of time`() throws {
        var arbitrary = Arbitrary(seed: 1)
        let cadence = Cadence(every: .days(1), window: arbitrary.window())
        #expect(cadence.slot(of: arbitrary.place(), notBefore: .distantFuture) == .distantFuture)
        let beginning = Timestamp(microsecondsSinceEpoch: .min)
        #expect(cadence.slot(of: arbitrary.place(), notBefore: beginning) >= beginning)
    }
}
