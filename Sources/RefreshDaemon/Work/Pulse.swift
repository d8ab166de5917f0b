package import RefreshCore
import Synchronization

/// What completed turns of the scheduler tell the service manager: that it lives, and in a line what it does.
package final class Pulse: Sendable {
    private struct State {
        var lastAlive: Duration?
        var lastStatus: Duration?
        var lastTurn: Duration?
        var storeTrouble: String?
    }

    private let state = Mutex(State())
    private let notifier: any ServiceNotifying
    private let gate: AdmissionGate
    private let settings: LiveSettings
    private let time: any Timekeeping
    private let alerts: AlertMonitor

    package init(
        notifier: any ServiceNotifying, gate: AdmissionGate, settings: LiveSettings, time: any Timekeeping,
        alerts: AlertMonitor
    ) {
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

    /// Why the store does not work, so that nobody is called; nil while it does.
    package var storeTrouble: String? { state.withLock { $0.storeTrouble } }

    /// Told at once to whoever watches the service.
    func storeFailed(_ error: any Error) {
        let text = String(describing: error)
        let isNews = state.withLock { state in
            defer { state.storeTrouble = text }
            return state.storeTrouble != text
        }
        if isNews { notifier.status(StatusLine.text(gate: gate, settings: settings, nextDue: nil, storeTrouble: text)) }
    }

    func storeWorks() {
        let isNews = state.withLock { state in
            defer { state.storeTrouble = nil }
            return state.storeTrouble != nil
        }
        if isNews { notifier.status(StatusLine.text(gate: gate, settings: settings, nextDue: nil)) }
    }

    /// Called at the end of every turn in which the store answered; `nextDue` nil in the middle of longer work, when the
    /// line that was told last still holds.
    func turnCompleted(nextDue: Timestamp?) {
        alerts.turnCompleted()
        let uptime = time.uptime
        let (alive, status) = state.withLock { state in
            func due(_ last: inout Duration?, every: Duration) -> Bool {
                if let last, uptime - last < every { return false }
                last = uptime
                return true
            }
            state.lastTurn = uptime
            return (
                due(&state.lastAlive, every: min(.seconds(1), interval)),
                nextDue != nil && due(&state.lastStatus, every: .seconds(2))
            )
        }
        if alive { notifier.alive() }
        if status { notifier.status(StatusLine.text(gate: gate, settings: settings, nextDue: nextDue)) }
    }
}
