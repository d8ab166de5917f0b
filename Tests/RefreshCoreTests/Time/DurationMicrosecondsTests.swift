import RefreshCore
import Testing

struct DurationMicrosecondsTests {
    @Test(
        arguments: [
            (0, 0), (1, 1), (-1, 0), (999_999_999_999, 1), (1_000_000_000_000, 1), (1_000_000_000_001, 2),
            (-999_999_999_999, 0), (-1_000_000_000_000, -1), (-1_000_000_000_001, -1),
            (.max, .max), (.min, .min),
        ] as [(Int128, Int64)]
    )
    func `are whole, rounded up, and end where they cannot be counted`(attoseconds: Int128, microseconds: Int64) {
        #expect(Duration(attoseconds: attoseconds).wholeMicroseconds == microseconds)
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func `come no earlier than the span, and less than one later`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for bits in 0..<500 {
            // Up to some 290,000 years.
            let most = Int128(Int64.max) * 1_000_000_000_000 >> Int128(bits % 100)
            let span = Duration(attoseconds: .random(in: (0 - most)...most, using: &random))
            let excess = Duration.microseconds(span.wholeMicroseconds) - span
            #expect(excess >= .zero)
            #expect(excess < .microseconds(1))
        }
    }
}
