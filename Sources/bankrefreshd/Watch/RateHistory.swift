import RefreshCore

/// How many calls ended when, from what the daemon's counters showed at some moments.
struct RateHistory {
    private struct Sample {
        let at: Duration
        let counts: [String: Int]
    }

    /// Rates are those of this span, or of what is known of it.
    private static let span = Duration.minutes(1)
    private static let mostBars = 240

    /// How long one bar of the curve is.
    let barLength: Duration
    private var samples: [Sample] = []
    private var since: String?
    private var bars: [Int: Int] = [:]
    private var firstBar = 0
    private var lastBar = 0

    init(barLength: Duration) {
        self.barLength = barLength
    }

    /// Takes note of the counters of a daemon that runs `since` a moment, shown at `at` on a steady clock.
    mutating func note(_ counts: [String: Int], since: String?, at: Duration) {
        let bar = Int(at / barLength)
        if self.since != since {
            // Another daemon counts from zero.
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
        // One that is older than the span is its beginning.
        while samples.count > 2, samples[1].at <= at - Self.span { samples.removeFirst() }
    }

    /// Calls per minute that ended so; nil until two samples are known.
    func perMinute(_ outcome: String) -> Double? {
        rate { $0[outcome] ?? 0 }
    }

    var perMinute: Double? { rate(Self.total) }

    private func rate(_ count: ([String: Int]) -> Int) -> Double? {
        guard let first = samples.first, let last = samples.last, last.at > first.at else { return nil }
        return Double(max(0, count(last.counts) - count(first.counts))) / ((last.at - first.at) / .seconds(60))
    }

    /// Calls of each bar, the latest last; as many as are known, at most `most`.
    func curve(most: Int) -> [Int] {
        let from = max(firstBar, lastBar - max(1, most) + 1)
        return (from...max(from, lastBar)).map { bars[$0] ?? 0 }
    }

    private static func total(_ counts: [String: Int]) -> Int { counts.values.reduce(0, +) }
}
