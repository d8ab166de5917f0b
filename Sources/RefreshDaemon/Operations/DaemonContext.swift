import RefreshCore
import Synchronization

/// What operations work with in the running daemon.
package struct DaemonContext: OperationPerforming {
    let work: Daemon
    let stored: StoreContext
    let manual: ManualRefresh
    let source: any ConfigurationSource
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
        var stored = StoreContext(
            store: ports.store, vault: ports.vault, time: ports.time, events: ports.events, keyring: keyring,
            version: version, policies: { settings.value.policies })
        stored.edits = PacedWriting(WorkPace(50, within: 20...250, for: .milliseconds(20)), time: ports.time)
        stored.puts = PacedWriting(WorkPace(1_000, within: 50...1_000, for: .milliseconds(40)), time: ports.time)
        self.stored = stored
        manual = ManualRefresh(
            store: ports.store, flow: daemon.flow, clockGuard: daemon.clockGuard, settings: settings, time: ports.time)
        work = daemon
        self.source = source
        self.webListen = webListen
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
