import RefreshCore
import Testing

struct CadenceTests {
    @Test func `is pinned to midnight, UTC, for a turn of a day`() throws {
        let middle = try #require(Place(rawValue: 1 << 62))
        let cadence = Cadence(every: .hours(24))
        let moment = try #require(Timestamp(rfc3339: "2026-11-22T14:05:00Z"))
        #expect(cadence.slot(of: middle, notBefore: moment).description == "2026-11-23T12:00:00Z")
        let noon = try #require(Timestamp(rfc3339: "2026-11-22T12:00:00Z"))
        #expect(cadence.slot(of: middle, notBefore: noon) == noon)
        #expect(cadence.slot(of: middle, after: noon).description == "2026-11-23T12:00:00Z")
        let before1970 = try #require(Timestamp(rfc3339: "1969-07-20T20:17:40Z"))
        #expect(cadence.slot(of: middle, notBefore: before1970).description == "1969-07-21T12:00:00Z")
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `brings one slot in every turn, wherever one looks from`(seed: UInt64) {
        var arbitrary = Arbitrary(seed: seed)
        for _ in 0..<50 {
            let cadence = Cadence(every: arbitrary.duration(.seconds(1), .days(60)))
            let place = arbitrary.place()
            let moment = arbitrary.moment()
            let slot = cadence.slot(of: place, notBefore: moment)
            #expect(slot >= moment)
            #expect(moment.duration(to: slot) < cadence.every)
            #expect(cadence.slot(of: place, notBefore: slot) == slot)
            let next = cadence.slot(of: place, after: slot)
            #expect(slot.duration(to: next) == cadence.every)
            let between = slot.advanced(by: arbitrary.duration(.microseconds(1), cadence.every))
            #expect(cadence.slot(of: place, notBefore: between) == next)
            #expect(cadence.slot(of: place, after: moment) > moment)
            #expect(
                Timestamp.epoch.advanced(by: place.offset(in: cadence.every)).duration(to: slot)
                    .wholeMicroseconds
                    % cadence.every.wholeMicroseconds == 0
            )
        }
    }

    @Test func `turns no faster than once a second`() {
        #expect(Cadence(every: .zero).every == .seconds(1))
        #expect(Cadence(every: .seconds(-5)).every == .seconds(1))
    }

    @Test func `survives the ends of time`() throws {
        let place = try #require(Place(rawValue: 12_345))
        for every in [Duration.seconds(1), .hours(24), .microseconds(Int64.max)] {
            let cadence = Cadence(every: every)
            #expect(cadence.slot(of: place, after: .distantFuture) == .distantFuture)
            let first = Timestamp(microsecondsSinceEpoch: .min)
            #expect(cadence.slot(of: place, after: first) > first)
        }
    }
}
