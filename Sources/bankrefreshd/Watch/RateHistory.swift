import RefreshCore

/// The rate of ended calls over time, computed from samples of the daemon's counters.
struct RateHistory {
    struct Sample {
        let at: Duration
        let counts: [String: Int]
    }

    /// Rates apply to this span, or to the part of it that is known.
    private static let span = Duration.minutes(1)
    private static let mostBars = 240

    /// The time span of one bar of the curve.
    let barLength: Duration
    private(set) var samples: [Sample] = []
    private(set) var since: String?
    private(set) var bars: [Int: Int] = [:]
    private(set) var firstBar = 0
    private(set) var lastBar = 0

    /// Adds a sample of the counters of a daemon that runs since `since`, taken at `at` on a monotonic clock.
    mutating func note(_ counts: [String: Int], since: String?, at: Duration) {
        let bar = Int(at / barLength)
        if self.since != since {
            // A new daemon counts from zero.
            self.since = since
            samples = []
        } else if let last = samples.last {
            bars[bar, default: 0] += max(0, Self.total(counts) - Self.total(last.counts))
        }
        if bars.isEmpty, samples.isEmpty { firstBar = bar }
        lastBar = bar
        firstBar = max(firstBar, lastBar - Self.mostBars + 1)
        bars = bars.filter { $0.key >= firstBar }
        samples.append(Sample(at: at, counts: counts))
        // One sample that is at least as old as the span is kept as its beginning.
        while samples.count > 2, samples[1].at <= at - Self.span { samples.removeFirst() }
    }

    /// Calls per minute with this outcome; nil until there are two samples.
    func perMinute(_ outcome: String) -> Double? {
        rate { $0[outcome] ?? 0 }
    }

    var perMinute: Double? { rate(Self.total) }

    private func rate(_ count: ([String: Int]) -> Int) -> Double? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        return Double(max(0, count(last.counts) - count(first.counts))) / ((last.at - first.at) / .seconds(60))
    }

    /// The calls of each known bar, the latest last; at most `most` bars.
    func curve(most: Int) -> [Int] {
        let from = max(firstBar, lastBar - max(1, most) + 1)
        return (from...max(from, lastBar)).map { bars[$0] ?? 0 }
    }

    private static func total(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }
}
