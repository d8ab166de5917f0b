import RefreshCore
import Testing

struct BackoffTests {
    private static let failure = Backoff(first: .hours(6), ceiling: .days(7), jitter: .upperHalf)
    private static let outage = Backoff(first: .seconds(30), ceiling: .hours(1), jitter: .full)

    @Test(arguments: [
        (1, Duration.hours(6)), (2, .hours(12)), (3, .hours(24)), (4, .hours(48)), (5, .hours(96)),
        (6, .days(7)),
        (7, .days(7)), (62, .days(7)), (63, .days(7)), (64, .days(7)), (65, .days(7)), (Int.max, .days(7)),
        (0, .hours(6)), (-1, .hours(6)), (Int.min, .hours(6)),
    ])
    func `doubles up to the ceiling`(failures: Int, delay: Duration) {
        #expect(Self.failure.delay(failures) == delay)
    }

    @Test(arguments: [
        (Backoff(first: .hours(2), ceiling: .hours(1), jitter: .full), Duration.hours(1)),
        (Backoff(first: .zero, ceiling: .hours(1), jitter: .full), .microseconds(1)),
        (Backoff(first: .seconds(-1), ceiling: .hours(1), jitter: .full), .microseconds(1)),
        (Backoff(first: .hours(1), ceiling: .zero, jitter: .full), .zero),
        (Backoff(first: .hours(1), ceiling: .seconds(-1), jitter: .full), .zero),
    ])
    func `stays sane under senseless settings`(backoff: Backoff, delay: Duration) {
        #expect(backoff.delay(1) == delay)
        var random = SplitMix64(seed: 1)
        #expect(backoff.wait(after: 1, using: &random) <= delay)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `waits within its delay and never beyond the ceiling`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        for shift in 0..<64 {
            let failures = Int.random(in: 0...(.max), using: &random) >> shift
            for backoff in [Self.failure, Self.outage] {
                let delay = backoff.delay(failures)
                let wait = backoff.wait(after: failures, using: &random)
                #expect(delay <= backoff.ceiling)
                #expect(wait <= delay)
                #expect(wait >= (backoff.jitter == .full ? .zero : delay / 2))
                #expect(backoff.delay(failures) <= backoff.delay(failures == .max ? failures : failures + 1))
            }
        }
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func `waits in the upper half at least as long as before, below the ceiling`(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var before = Duration.zero
        for failures in 1...5 {
            let wait = Self.failure.wait(after: failures, using: &random)
            #expect(wait >= before)
            before = wait
        }
    }

    @Test func `uses the whole of the delay`() {
        var random = SplitMix64(seed: 7)
        let waits = (0..<2_000).map { _ in Self.outage.wait(after: 1, using: &random) }
        #expect((waits.min() ?? .seconds(30)) < .seconds(1))
        #expect((waits.max() ?? .zero) > .seconds(29))
        let upper = (0..<2_000).map { _ in Self.failure.wait(after: 1, using: &random) }
        #expect((upper.min() ?? .zero) >= .hours(3))
        #expect((upper.min() ?? .hours(6)) < .minutes(185))
        #expect((upper.max() ?? .zero) > .minutes(355))
    }

    @Test func `holds the longest span there is`() {
        let longest = Backoff(first: .seconds(1), ceiling: .seconds(Int64.max), jitter: .upperHalf)
        var random = SplitMix64(seed: 3)
        #expect(longest.delay(.max) == .microseconds(Int64.max))
        #expect(longest.wait(after: .max, using: &random) >= .microseconds(Int64.max / 2))
    }
}
