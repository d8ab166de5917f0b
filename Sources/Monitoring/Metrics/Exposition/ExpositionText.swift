import RefreshCore

/// Text in the exposition format of Prometheus, version 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
struct ExpositionText {
    private(set) var text = ""
    private var family: String?

    init() {
        text.reserveCapacity(16_384)
    }

    mutating func sample(_ metric: Metric, _ value: Int, _ labels: (String, String)...) {
        begin(metric)
        line(metric.name, labels, "\(value)")
    }

    mutating func sample(_ metric: Metric, _ value: Double, _ labels: (String, String)...) {
        begin(metric)
        line(metric.name, labels, value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)")
    }

    /// Begins a family with its first sample; all samples of a family follow each other.
    private mutating func begin(_ metric: Metric) {
        guard metric.name != family else { return }
        family = metric.name
        let help = metric.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        text += "# HELP \(metric.name) \(help)\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
    }

    mutating func histogram(_ metric: Metric, _ histogram: Histogram, _ labels: (String, String)...) {
        begin(metric)
        var sum = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            sum += count
            let bound = Double(bound) / 1_000_000
            line(metric.name + "_bucket", labels + [("le", "\(bound)")], "\(sum)")
        }
        line(metric.name + "_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
        line(metric.name + "_sum", labels, "\(Double(histogram.microseconds) / 1_000_000)")
        line(metric.name + "_count", labels, "\(histogram.count)")
    }

    private mutating func line(_ name: String, _ labels: [(String, String)], _ value: String) {
        text += name
        if !labels.isEmpty {
            text += "{" + labels.map { "\($0.0)=\"\(Self.escaped($0.1))\"" }.joined(separator: ",") + "}"
        }
        text += " \(value)\n"
    }

    static func escaped(_ value: String) -> String {
        value.escaping { scalar in
            switch scalar {
            case "\\": #"\\"#
            case "\"": #"\""#
            case "\n": #"\n"#
            default: nil
            }
        }
    }
}
