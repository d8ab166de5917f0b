import RefreshCore
import Testing

struct PlaceTests {
    @Test(arguments: [
        ("alice", 0 as UInt64, 9_040_730_050_801_166_746 as Int64), ("alice", 1, 6_093_295_267_145_293_066),
        ("user-1", 42, 6_550_028_480_968_727_633), ("\u{e9}", 7, 2_724_875_257_557_817_344),
        (String(repeating: "x", count: 256), .max, 4_500_050_137_436_144_816),
    ])
    func `is the same for ever`(id: String, seed: UInt64, place: Int64) throws {
        #expect(Place(of: try UserID(id), seed: seed).rawValue == place)
    }

    @Test(arguments: [0, 0xdead_beef] as [UInt64])
    func `spreads users evenly over the circle`(seed: UInt64) throws {
        let users = 100_000
        let bins = 1_000
        var counts = [Int](repeating: 0, count: bins)
        for number in 0..<users {
            let place = Place(of: try UserID("user-\(number)"), seed: seed)
            counts[Int(place.offset(in: .seconds(bins)) / .seconds(1))] += 1
        }
        let expected = Double(users) / Double(bins)
        let chiSquare = counts.reduce(0.0) {
            $0 + (Double($1) - expected) * (Double($1) - expected) / expected
        }
        // 999 degrees of freedom: mean 999, deviation 44.7. Five deviations either way.
        #expect((775...1_223).contains(chiSquare))
    }

    @Test func `moves everybody with another seed`() throws {
        let id = try UserID("alice")
        #expect(Set((0..<1_000).map { Place(of: id, seed: $0) }).count == 1_000)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `lies within the turn, in the order of places`(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let turns: [Duration] = [
            .microseconds(1), .seconds(1), .hours(24), .days(36_525), .microseconds(Int64.max),
        ]
        for turn in turns {
            let places = try (0..<100).map { _ in
                try #require(Place(rawValue: .random(in: 0...(.max), using: &random)))
            }
            let offsets = places.sorted().map { $0.offset(in: turn) }
            #expect(offsets == offsets.sorted())
            #expect(offsets.allSatisfy { $0 >= .zero && $0 < turn })
        }
    }

    @Test func `begins and ends where the turn does`() throws {
        let first = try #require(Place(rawValue: 0))
        let last = try #require(Place(rawValue: .max))
        let middle = try #require(Place(rawValue: 1 << 62))
        #expect(first.offset(in: .hours(24)) == .zero)
        #expect(middle.offset(in: .hours(24)) == .hours(12))
        #expect(last.offset(in: .hours(24)) == .hours(24) - .microseconds(1))
        #expect(last.offset(in: .zero) == .zero)
        #expect(last.offset(in: .seconds(-5)) == .zero)
    }

    @Test func `has a neighbour, the last one the first`() throws {
        #expect(try #require(Place(rawValue: 5)).next.rawValue == 6)
        #expect(try #require(Place(rawValue: .max - 1)).next.rawValue == .max)
        #expect(try #require(Place(rawValue: .max)).next.rawValue == 0)
        #expect(Place(rawValue: -1) == nil)
    }
}
