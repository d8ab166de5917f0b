package import RefreshCore

/// How many calls the limits let through.
package struct Capacity: Equatable, Sendable {
    package let requestsPerSecond: Double
    package let concurrency: Int
    package let latency: Duration

    /// A `latency` of nothing counts as a microsecond.
    package init(_ policy: Admission.Policy, latency: Duration) {
        requestsPerSecond = policy.requestsPerSecond
        concurrency = policy.concurrency.max
        self.latency = max(latency, .microseconds(1))
    }

    /// Calls a second that so many in flight at once come to.
    package var callsPerSecondInFlight: Double { Double(concurrency) / latency.inSeconds }

    package var callsPerSecond: Double { min(requestsPerSecond, callsPerSecondInFlight) }

    package func inFlight(callsPerSecond: Double) -> Double { callsPerSecond * latency.inSeconds }
}
