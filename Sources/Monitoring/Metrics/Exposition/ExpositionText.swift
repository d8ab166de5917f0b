import RefreshCore

/// Text in the exposition format of Prometheus, version 0.0.4.
///
/// Source: https://prometheus.io/docs/instrumenting/exposition_formats/
struct ExpositionText {
    private(set) var text = ""

    init() {
        text.reserveCapacity(16_384)
    }

    /// Begins a family; its samples follow.
    mutating func family(_ metric: Metric) {
        let help = metric.help.replacing("\\", with: "\\\\").replacing("\n", with: "\\n")
        text += "# HELP \(metric.name) \(help)\n# TYPE \(metric.name) \(metric.kind.rawValue)\n"
    }

    mutating func sample(_ metric: Metric, _ value: Double, _ labels: (String, String)...) {
        line(metric.name, labels, value == value.rounded() && abs(value) < 1e15 ? "\(Int(value))" : "\(value)")
    }

    /// A family of one sample.
    mutating func single(_ metric: Metric, _ value: Double) {
        family(metric)
        sample(metric, value)
    }

    mutating func single(_ metric: Metric, _ value: Int) {
        single(metric, Double(value))
    }

    mutating func histogram(_ metric: Metric, _ histogram: Histogram, _ labels: (String, String)...) {
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
