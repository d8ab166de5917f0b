package import RefreshCore
package import RefreshDaemon
import Synchronization

/// Counts what the work reports.
///
/// An event costs one lock and a few additions.
package final class MetricsRecorder: EventReporting, LatencyMeasuring {
    private let tallies = Mutex(Tallies())

    package init() {}

    /// Everything counted up to now.
    package var current: Tallies { tallies.withLock { $0 } }

    package func report(_ event: Event) {
        switch event {
        case .attempted(let attempt, _, _): tallies.withLock { $0.add(attempt) }
        case .breaker(.opened): tallies.withLock { $0.breakerOpenings += 1 }
        case .tokenRenewed: tallies.withLock { $0.renewals.renewed += 1 }
        case .renewalFailed: tallies.withLock { $0.renewals.failed += 1 }
        case .renewalRefused: tallies.withLock { $0.renewals.refused += 1 }
        case .storeFailed: tallies.withLock { $0.storeFailures += 1 }
        default: break
        }
    }

    package func measured(_ operation: MeasuredOperation, took span: Duration) {
        tallies.withLock { $0.work.add(span, of: operation) }
    }

    /// Keeps the calls planned for each quarter of an hour, beginning with the one that contains `from`.
    package func plan(_ calls: [Int], from: Timestamp, now: Timestamp) {
        tallies.withLock { $0.plan.plan(calls, from: QuarterHour.number(of: from), now: now) }
    }
}
