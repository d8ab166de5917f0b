import RefreshCore
import Synchronization

/// What completed turns of the scheduler tell the service manager: that it lives, and in a line what it does.
package final class Pulse: Sendable {
    private struct State {
        var lastAlive: Duration?
        var lastStatus: Duration?
        var lastTurn: Duration?
        var toldTrouble: String?
    }

    private let state = Mutex(State())
    private let notifier: any ServiceNotifying
    private let gate: AdmissionGate
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let alerts: AlertMonitor
    package let store: StoreHealth

    package init(
        notifier: any ServiceNotifying, store: StoreHealth, gate: AdmissionGate, settings: LiveSettings,
        time: any Timekeeping, alerts: AlertMonitor
    ) {
        self.store = store
        self.notifier = notifier
        self.gate = gate
        self.settings = settings
        self.time = time
        self.alerts = alerts
    }

    /// How often a turn must complete: well within the watchdog's patience, and often enough to notice a calendar that
    /// was set back.
    var interval: Duration {
        min(notifier.watchdogInterval.map { $0 / 3 } ?? .seconds(60), .seconds(60))
    }

    /// Time since the scheduler last completed a turn; nil before the first.
    ///
    /// A live scheduler completes one a minute at least, or its store does not answer.
    package var sinceLastTurn: Duration? {
        let uptime = time.uptime
        return state.withLock { $0.lastTurn }.map { max(.zero, uptime - $0) }
    }

    /// What is shown of the daemon, though no turn came to its end: the store did not answer.
    func storeIsSilent() {
        tellStatus(nextDue: nil)
    }

    private func tellStatus(nextDue: Timestamp?) {
        notifier.status(StatusLine.text(gate: gate, settings: settings, store: store, nextDue: nextDue))
    }

    /// Called at the end of every turn in which the store answered; `nextDue` nil in the middle of longer work, when the
    /// line that was told last still holds.
    func turnCompleted(nextDue: Timestamp?) {
        alerts.turnCompleted()
        let uptime = time.uptime
        let trouble = store.trouble?.text
        let (alive, status) = state.withLock { state in
            func due(_ last: inout Duration?, every: Duration) -> Bool {
                if let last, uptime - last < every { return false }
                last = uptime
                return true
            }
            state.lastTurn = uptime
            // At once, whenever the line was told last: this is why nobody is called.
            if state.toldTrouble != trouble { state.lastStatus = nil }
            state.toldTrouble = trouble
            return (
                due(&state.lastAlive, every: min(.seconds(1), interval)),
                nextDue != nil && due(&state.lastStatus, every: .seconds(2))
            )
        }
        if alive { notifier.alive() }
        if status { tellStatus(nextDue: nextDue) }
    }
}
