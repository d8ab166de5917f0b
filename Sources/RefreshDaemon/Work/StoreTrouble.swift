import RefreshCore

/// Tells the operator once when the store begins to fail and once when it answers again, and paces the tries between.
struct StoreTrouble: Sendable {
    private let events: any EventReporting
    private var failures = 0

    init(events: any EventReporting) {
        self.events = events
    }

    /// How long to wait before the store is asked again: 1 s, doubling, at most 30 s.
    mutating func occurred(_ error: any Error) -> Duration {
        if failures == 0 { events.report(.storeFailed(detail: String(describing: error))) }
        failures += 1
        return Backoff(first: .seconds(1), ceiling: .seconds(30), jitter: .upperHalf).rung(failures)
    }

    mutating func ended() {
        guard failures > 0 else { return }
        failures = 0
        events.report(.storeRecovered)
    }
}
