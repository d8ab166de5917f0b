package import RefreshCore

/// What events were counted since the daemon started; attempts by outcome are in the snapshot.
package struct Tallies: Sendable {
    package var calls = Histogram.calls
    package var lateness = Histogram.lateness
    package var breakerOpenings = 0
    package var renewals = RenewalCounts()
    package var storeFailures = 0
    package var work = WorkHistograms()
    package var plan = PlannedCalls()
    package var lastSuccess: Timestamp?

    package init() {}

    mutating func add(_ attempt: Attempt) {
        calls.add(attempt.duration)
        if let late = attempt.lateness { lateness.add(late) }
        if attempt.outcome.kind == .refreshed { lastSuccess = attempt.endedAt }
    }
}
