package import RefreshCore
import Synchronization

/// How backups stand, for whoever asks.
package final class BackupLedger: Sendable {
    package struct Standing: Equatable, Sendable {
        package var every: Duration
        /// When the last good one was taken; nil when there is none.
        package var last: Timestamp?
        /// Since when one has been wanted, where there is none.
        package var since: Timestamp
        /// Why the latest try failed; nil when it did not.
        package var failure: String?

        package init(every: Duration, last: Timestamp?, since: Timestamp, failure: String?) {
            self.every = every
            self.last = last
            self.since = since
            self.failure = failure
        }

        /// How old the last good one is; where there is none, for how long one has been wanted.
        package func age(now: Timestamp) -> Duration {
            max(.zero, (last ?? since).duration(to: now))
        }
    }

    private let state = Mutex<Standing?>(nil)

    package init() {}

    /// Nil while no backups are asked for.
    package var standing: Standing? { state.withLock(\.self) }

    func set(_ standing: Standing?) { state.withLock { $0 = standing } }
}
