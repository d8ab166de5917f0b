import RefreshCore
import Synchronization

/// Remembers what the latest reload did, for whoever asks.
final class ReloadMemory: Sendable {
    private let state: Mutex<ConfigurationReport>

    init(startedAt start: Timestamp) {
        state = Mutex(ConfigurationReport(inForceSince: start.description))
    }

    var report: ConfigurationReport { state.withLock { $0 } }

    func taken(_ reload: ReloadReport, at now: Timestamp) {
        state.withLock { state in
            if !reload.changes.isEmpty { state.inForceSince = now.description }
            state.needRestart = reload.needRestart
            state.lastReload = .init(at: now.description, changes: reload.changes)
        }
    }

    /// What is in force and what waits stays as it was.
    func refused(_ problems: [String], at now: Timestamp) {
        state.withLock { $0.lastReload = .init(at: now.description, problems: problems) }
    }
}
