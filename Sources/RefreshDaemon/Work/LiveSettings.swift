package import RefreshCore
import Synchronization

/// The settings in force, replaced whole by a reload.
package final class LiveSettings: Sendable {
    private struct State {
        var current: DaemonSettings
        var problemsInFile = 0
        /// Set by the fleet, not by the file.
        var debts: [CalendarDebt] = []
    }

    private let state: Mutex<State>

    package init(_ settings: DaemonSettings) {
        state = Mutex(State(current: settings))
    }

    package var value: DaemonSettings {
        state.withLock { $0.current }
    }

    /// Puts new settings in force and returns the old ones; if they come from the file, its problems are cleared.
    package func replace(with settings: DaemonSettings, isFromFile: Bool = true) -> DaemonSettings {
        state.withLock { state in
            defer {
                state.current = settings
                state.current.policies.debts = state.debts
                if isFromFile { state.problemsInFile = 0 }
            }
            return state.current
        }
    }

    /// Puts the fleet's debts in force: by how much the store's calendar was set forward.
    func owe(_ debts: [CalendarDebt]) {
        state.withLock { state in
            guard debts != state.debts else { return }
            state.debts = debts
            state.current.policies.debts = debts
        }
    }

    /// Problems for which the file was refused when it was last read: the settings in force are older than the file.
    ///
    /// 0 when it was accepted.
    package var problemsInFile: Int { state.withLock { $0.problemsInFile } }

    package func fileRefused(problems: Int) {
        state.withLock { $0.problemsInFile = problems }
    }
}

/// The settings that the work follows and a reload can change.
package struct DaemonSettings: Sendable, Equatable {
    package var policies: Policies
    package var admission: Admission.Policy
    /// How long a stop waits for calls in flight.
    package var drain: Duration
    /// How long a lease lasts: longer than any call can take.
    package var leaseDuration: Duration
    package var history: HistoryBounds
    /// Whether there are client credentials to renew tokens with.
    package var renewsTokens: Bool
    package var alerts: AlertPolicy
    /// Nil when no backups are configured.
    package var backup: BackupPlan?

    package init(
        policies: Policies = Policies(), admission: Admission.Policy = .standard, drain: Duration = .seconds(30),
        leaseDuration: Duration = .minutes(5), history: HistoryBounds = .standard,
        alerts: AlertPolicy = AlertPolicy(), renewsTokens: Bool = true, backup: BackupPlan? = nil
    ) {
        self.policies = policies
        self.admission = admission
        self.drain = drain
        self.leaseDuration = leaseDuration
        self.history = history
        self.renewsTokens = renewsTokens
        self.alerts = alerts
        self.backup = backup
    }
}
