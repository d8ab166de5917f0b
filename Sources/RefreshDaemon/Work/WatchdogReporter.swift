import RefreshCore
import Synchronization

/// What completed turns of the scheduler tell the service manager: that it lives, and in a line what it does.
package final class WatchdogReporter: Sendable {
    private struct State {
        var lastAlive: Duration?
        var lastStatus: Duration?
        var toldFailure: String?
        var toldPause: FleetPause?
    }

    private let state = Mutex(State())
    private let notifier: any ServiceNotifying
    private let observer: FleetObserver
    private let time: any Timekeeping
    private let alerts: AlertMonitor

    package init(
        notifier: any ServiceNotifying, observer: FleetObserver, time: any Timekeeping, alerts: AlertMonitor
    ) {
        self.notifier = notifier
        self.observer = observer
        self.time = time
        self.alerts = alerts
    }

    var store: StoreHealth { observer.storeHealth }

    /// How often a turn must complete: well within the watchdog's patience, and often enough to notice a calendar that
    /// was set back.
    var interval: Duration {
        min(notifier.watchdogInterval.map { $0 / 3 } ?? .seconds(60), .seconds(60))
    }

    /// What the daemon does, in a line; nil where it is not known when users are called next.
    func statusLine(nextDue: Timestamp?) -> String {
        var snapshot = observer.snapshot()
        // Told with READY=1 too: what comes now is the work.
        if snapshot.phase == .starting { snapshot.phase = .running }
        snapshot.nextDue = nextDue
        return Health(snapshot).summary
    }

    func stopping() { observer.stopping() }

    /// What is shown of the daemon, though no turn came to its end: the store did not answer.
    func storeIsSilent() {
        notifier.status(statusLine(nextDue: nil))
    }

    /// Called at the end of every turn in which the store answered; `nextDue` nil in the middle of longer work, when the
    /// line that was told last still holds.
    func turnCompleted(nextDue: Timestamp?) {
        observer.turnCompleted()
        alerts.turnCompleted()
        let uptime = time.uptime
        let (failure, pause) = (store.trouble?.text, observer.pause)
        let (alive, status) = state.withLock { state in
            func due(_ last: inout Duration?, every: Duration) -> Bool {
                if let last, uptime - last < every { return false }
                last = uptime
                return true
            }
            // At once, whenever the line was told last: this is why nobody is called.
            if state.toldFailure != failure || state.toldPause != pause { state.lastStatus = nil }
            (state.toldFailure, state.toldPause) = (failure, pause)
            return (
                due(&state.lastAlive, every: min(.seconds(1), interval)),
                nextDue != nil && due(&state.lastStatus, every: .seconds(2))
            )
        }
        if alive { notifier.alive() }
        if status { notifier.status(statusLine(nextDue: nextDue)) }
    }
}
