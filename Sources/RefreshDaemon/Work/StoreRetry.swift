import RefreshCore

/// What one worker makes of a store that fails: it is told, and asked again at a pace.
struct StoreRetry: Sendable {
    private let health: StoreHealth
    private let worker: StoreHealth.Worker
    private var failures = 0

    init(health: StoreHealth, worker: StoreHealth.Worker) {
        self.health = health
        self.worker = worker
    }

    var isDue: Bool { failures > 0 }

    /// How long to wait before the store is asked again: 1 s, doubling, at most 30 s.
    mutating func delay(after problem: StoreProblem) -> Duration {
        health.failed(problem, for: worker)
        failures += 1
        return Backoff(first: .seconds(1), ceiling: .seconds(30), jitter: .upperHalf).delay(failures)
    }

    mutating func succeeded() {
        guard failures > 0 else { return }
        failures = 0
        health.works(for: worker)
    }
}
