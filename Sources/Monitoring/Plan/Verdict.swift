package import RefreshCore

/// Whether the limits suffice for the plan.
package struct Verdict: Equatable, Sendable {
    package enum Kind: String, Sendable, Codable {
        /// Calls begin when they fall due.
        case carries
        /// Calls of busy minutes begin late, but the limits catch up.
        case late
        /// More calls fall due than can ever be made.
        case overloaded
    }

    package let kind: Kind
    /// The peak minute's calls as a share of `limits.requestsPerSecond`; 1 is all of it.
    package let rateShare: Double
    /// The peak minute's calls as a share of `limits.concurrency`; 1 is all of it.
    package let concurrencyShare: Double
    /// The longest time between a call's due moment and its start.
    package let longestWait: Duration
    private let peakPerSecond: Double
    private let capacity: Capacity

    init(due: [Int], backlog: Backlog, capacity: Capacity) {
        self.capacity = capacity
        let bucket = backlog.width.inSeconds
        peakPerSecond = Double(due.max() ?? 0) / bucket
        let mean = Double(due.reduce(0, +)) / (bucket * Double(max(1, due.count)))
        rateShare = peakPerSecond / capacity.requestsPerSecond
        concurrencyShare = peakPerSecond / capacity.callsPerSecondInFlight
        longestWait = backlog.longestWait
        kind = mean > capacity.callsPerSecond ? .overloaded : longestWait > .zero ? .late : .carries
    }

    /// A rate a quarter above the peak, rounded up to two digits.
    package var enoughRequestsPerSecond: Double { (peakPerSecond * 1.25).roundedUpToTwoDigits }
    /// Calls in flight a quarter above the peak, rounded up to two digits.
    package var enoughConcurrency: Int {
        Int(capacity.inFlight(callsPerSecond: peakPerSecond * 1.25).roundedUpToTwoDigits.rounded(.up))
    }

    /// For people: whether the limits suffice, and what to raise if not.
    package var sentence: String {
        switch kind {
        case .carries:
            "The limits suffice: \(Figure.percent(rateShare)) of limits.requestsPerSecond and "
                + "\(Figure.percent(concurrencyShare)) of limits.concurrency at the peak."
        case .late:
            "The limits suffice for the day but not for its peak: calls start up to \(longestWait.roundedText) late; "
                + "to have them on time, raise \(remedy)."
        case .overloaded:
            "The limits do not suffice: more calls fall due than they allow; raise \(remedy)."
        }
    }

    private var remedy: String {
        var settings: [String] = []
        if rateShare > 1 {
            settings.append(
                "limits.requestsPerSecond from \(Figure.setting(capacity.requestsPerSecond)) to "
                    + Figure.setting(enoughRequestsPerSecond))
        }
        if concurrencyShare > 1 {
            settings.append("limits.concurrency from \(capacity.concurrency) to \(enoughConcurrency)")
        }
        return settings.joined(separator: " and ")
    }
}

extension Double {
    fileprivate var roundedUpToTwoDigits: Double {
        guard self > 0, isFinite else { return 0 }
        var unit = 1.0
        while self / unit >= 100 { unit *= 10 }
        while self / unit < 10 { unit /= 10 }
        let rounded = (self / unit - 1e-9).rounded(.up) * unit
        // Rounded again to its shortest decimal: multiplying by a tenth leaves stray digits.
        return (rounded * 1e6).rounded() / 1e6
    }
}

/// How many calls the limits allow.
package struct Capacity: Equatable, Sendable {
    package let requestsPerSecond: Double
    package let concurrency: Int
    package let latency: Duration

    /// A zero `latency` counts as a microsecond.
    package init(_ policy: Admission.Policy, latency: Duration) {
        requestsPerSecond = policy.requestsPerSecond
        concurrency = policy.concurrency.max
        self.latency = max(latency, .microseconds(1))
    }

    /// The calls per second that `concurrency` allows at this latency.
    package var callsPerSecondInFlight: Double { Double(concurrency) / latency.inSeconds }

    package var callsPerSecond: Double { min(requestsPerSecond, callsPerSecondInFlight) }

    package func inFlight(callsPerSecond: Double) -> Double { callsPerSecond * latency.inSeconds }
}
