/// How long calls take while the API is not under load: the baseline for current latencies.
struct LatencyBaseline: Sendable {
    /// The latencies of some calls, in seconds.
    struct Sample: Sendable {
        private(set) var count = 0
        private var sum = 0.0
        private var sumOfSquares = 0.0

        var mean: Double { count == 0 ? 0 : sum / Double(count) }
        var variance: Double { count == 0 ? 0 : max(0, sumOfSquares / Double(count) - mean * mean) }

        mutating func add(_ latency: Duration) {
            let seconds = latency.inSeconds
            count += 1
            sum += seconds
            sumOfSquares += seconds * seconds
        }
    }

    /// In seconds; nil until something was learned.
    private(set) var mean: Double?
    private var variance = 0.0

    /// An excess of up to a quarter is ignored, and so is the noise of a small sample.
    private static let tolerance = 1.25

    func isExceeded(by sample: Sample) -> Bool {
        guard let mean, sample.count >= 2 else { return false }
        let chance = 3 * (variance / Double(sample.count)).squareRoot()
        return sample.mean > mean * Self.tolerance + chance
    }

    /// The share of current calls that would bring latency back to the baseline if the excess is all queueing.
    func remedy(for sample: Sample) -> Double {
        guard let mean, sample.mean > 0 else { return 1 }
        return mean / sample.mean
    }

    /// Learns from a sample that did not exceed the baseline.
    ///
    /// Under load, the baseline hardly rises; otherwise the load itself would make slow calls look normal.
    mutating func learn(_ sample: Sample, underLoad: Bool) {
        guard sample.count > 0 else { return }
        guard let mean else { return replace(with: sample) }
        let weight = sample.mean > mean && underLoad ? 0.01 : 0.1
        self.mean = mean + weight * (sample.mean - mean)
        variance += weight * (sample.variance - variance)
    }

    /// Makes a sample the new baseline.
    mutating func replace(with sample: Sample) {
        mean = sample.mean
        variance = sample.variance
    }
}
