import RefreshCore
import Synchronization

/// What operations work with in the running daemon.
package struct DaemonContext: OperationPerforming {
    let stored: StoreContext
    let manual: ManualRefresh
    let gate: AdmissionGate
    let scheduler: Scheduler
    let renewer: Renewer
    let settings: LiveSettings
    let wakeSignal: WakeSignal
    let observer: FleetObserver
    let source: any ConfigurationSource
    let notifier: any ServiceNotifying
    let reloads: ReloadMemory
    let application: SettingsApplication
    /// Nil where the daemon does not share its store.
    let fleet: FleetKeeper?
    let sharedSettings: FleetSettingsKeeper?
    /// The address that the page is served at; nil when there is no page.
    let webListen: String?
    let pausing = AsyncMutex()
    let reloading = AsyncMutex()
    let compacting = AsyncMutex()

    package init(
        of daemon: Daemon, source: any ConfigurationSource, keyring: any KeyOperating, version: String,
        webListen: String? = nil
    ) {
        let (ports, settings) = (daemon.ports, daemon.settings)
        stored = StoreContext(
            StoreContext.Ports(
                store: ports.store, vault: ports.vault, keyring: keyring, time: ports.time, events: ports.events),
            pace: WorkPace(50, within: 20...250, for: .milliseconds(20)),
            puts: WorkPace(1_000, within: 50...1_000, for: .milliseconds(40)), version: version,
            policies: { settings.value.policies })
        manual = ManualRefresh(
            store: ports.store, flow: daemon.flow, clockGuard: daemon.clockGuard, settings: settings, time: ports.time)
        gate = daemon.gate
        scheduler = daemon.scheduler
        renewer = daemon.renewer
        self.settings = settings
        wakeSignal = daemon.wakeSignal
        observer = daemon.observer
        self.source = source
        notifier = ports.notifier
        self.webListen = webListen
        reloads = daemon.reloads
        application = daemon.application
        fleet = daemon.fleet
        sharedSettings = daemon.sharedSettings
    }

    /// The ledger of imports, which the caller runs alongside the daemon.
    package var imports: ImportLedger { stored.imports }
    /// The sweeper, to be run like `imports`.
    package var sweeper: RemovalSweeper { stored.sweeper }

    var time: any Timekeeping { stored.time }
    var events: any EventReporting { stored.events }

    package func respond<Asked: Operation>(to operation: Asked) async throws -> Asked.Answer {
        try await operation.run(with: self)
    }
}

/// Remembers what the latest reload did.
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

    /// Notes that other settings are in force without a reload.
    func noteChange(at now: Timestamp) {
        state.withLock { $0.inForceSince = now.description }
    }

    /// Notes a refused reload, which changes no settings.
    func refused(_ problems: [String], at now: Timestamp) {
        state.withLock { $0.lastReload = .init(at: now.description, problems: problems) }
    }
}
