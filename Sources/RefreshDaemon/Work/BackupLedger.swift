package import RefreshCore
import Synchronization

/// How backups stand, for whoever asks.
package final class BackupLedger: Sendable {
    package typealias Standing = FleetSnapshot.Backup

    private let state = Mutex<Standing?>(nil)

    package init() {}

    /// Nil while no backups are asked for.
    package var standing: Standing? { state.withLock(\.self) }

    func set(_ standing: Standing?) { state.withLock { $0 = standing } }
}
