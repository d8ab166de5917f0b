package import RefreshCore

/// What was counted since the daemon started.
package struct Tallies: Sendable {
    package var outcomes = OutcomeCounts()
    package var calls = Histogram.calls
    package var lateness = Histogram.lateness
    package var breakerOpenings = 0
    package var renewals = RenewalCounts()
    package var storeFailures = 0
    /// Parts of the work that wait for a store that fails at present.
    package var storeTroubles = 0
    package var work = WorkHistograms()
    package var day = DayCurve()
    package var lastSuccess: Timestamp?

    package init() {}

    mutating func add(_ attempt: Attempt) {
        let kind = attempt.outcome.kind
        outcomes[kind] += 1
        calls.add(attempt.duration)
        if let late = attempt.lateness { lateness.add(late) }
        day.add(kind, at: attempt.endedAt)
        if kind == .refreshed { lastSuccess = attempt.endedAt }
    }

    mutating func storeRecovered() {
        storeTroubles = max(0, storeTroubles - 1)
    }
}
