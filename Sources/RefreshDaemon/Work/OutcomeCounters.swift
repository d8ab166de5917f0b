package import RefreshCore
import Synchronization

/// Attempts since the daemon started, by outcome.
package final class OutcomeCounters: Sendable {
    private let counts = Mutex<[OutcomeKind: Int]>([:])

    package init() {}

    func count(_ outcome: OutcomeKind) {
        counts.withLock { $0[outcome, default: 0] += 1 }
    }

    package var values: [OutcomeKind: Int] {
        counts.withLock { $0 }
    }

    package var total: Int {
        counts.withLock { $0.values.reduce(0, +) }
    }
}
