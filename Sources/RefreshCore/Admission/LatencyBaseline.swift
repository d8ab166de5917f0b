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

    /// Seconds; nil until something was learned.
    private(set) var mean: Double?
    private var variance = 0.0

    /// A quarter above the baseline is ignored, and so is the noise of so few calls.
    private static let tolerance = 1.25

    func isExceeded(by sample: Sample) -> Bool {
        guard let mean, sample.count >= 2 else { return false }
        let chance = 3 * (variance / Double(sample.count)).squareRoot()
        return sample.mean > mean * Self.tolerance + chance
    }

    /// The share of the present calls that would bring the latency back to the baseline, were it all queueing.
    func remedy(for sample: Sample) -> Double {
        guard let mean, sample.mean > 0 else { return 1 }
        return mean / sample.mean
    }

    /// Takes in a sample that did not exceed the baseline.
    ///
    /// Under load hardly upwards: the load itself would teach that slow is normal.
    mutating func learn(_ sample: Sample, underLoad: Bool) {
        guard sample.count > 0 else { return }
        guard let mean else { return replace(with: sample) }
        let weight = sample.mean > mean && underLoad ? 0.01 : 0.1
        self.mean = mean + weight * (sample.mean - mean)
        variance += weight * (sample.variance - variance)
    }

    /// Takes a sample for how things are from now on.
    mutating func replace(with sample: Sample) {
        mean = sample.mean
        variance = sample.variance
    }
}
