import RefreshCore
import Synchronization

/// Tells the service manager, after turns of the scheduler, that the daemon is alive and what it does.
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

    var store: StoreHealth { observer.sources.health }

    /// How often a turn must complete.
    ///
    /// Well within the watchdog's patience, and often enough to notice a calendar that was set back.
    var interval: Duration {
        min(notifier.watchdogInterval.map { $0 / 3 } ?? .seconds(60), .seconds(60))
    }

    /// What the daemon does, in one line; nil where it is unknown when users are next called.
    func statusLine(nextDue: Timestamp?) -> String {
        var snapshot = observer.snapshot()
        // The line is sent with READY=1 too: the work follows at once.
        if snapshot.phase == .starting { snapshot.phase = .running }
        snapshot.nextDue = nextDue
        return Health(snapshot).summary
    }

    func stopping() { observer.stopping() }

    /// Updates the status line although no turn completed, because a store in a file did not answer.
    func storeIsSilent() {
        notifier.status(statusLine(nextDue: nil))
    }

    /// Called at the end of every turn in which the store answered, or its server was away.
    ///
    /// `nextDue` is nil in the middle of longer work, when the last line sent still holds.
    func turnCompleted(nextDue: Timestamp?) {
        observer.turnCompleted()
        alerts.turnCompleted()
        let uptime = time.uptime
        let (failure, pause) = (store.trouble?.text, observer.sources.gate.fleetPause)
        let (alive, status) = state.withLock { state in
            func due(_ last: inout Duration?, every: Duration) -> Bool {
                if let last, uptime - last < every { return false }
                last = uptime
                return true
            }
            // A change is sent at once: it explains why no user is called.
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
