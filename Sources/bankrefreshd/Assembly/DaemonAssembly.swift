import ControlPlane
import Monitoring
import Host
import Logging
import PostgreSQLStore
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import ServiceLifecycle
import SQLiteStore
import TokenVault
import UnixSignals

struct DaemonAssembly {
    let file: ConfigurationOption
    let log: DaemonLog

    func run() async throws {
        // Before anything that takes time: until the signal is trapped, it would kill the process.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let events = log.events
        events.report(.starting(version: Version.text))

        let configuration = try file.load()
        log.reporter.show(refreshed: RefreshedEntries(configuration.log))
        let keySource = KeySource(file: file.path, store: configuration.store)
        let keyCopy = KeyCopy(of: keySource)
        let time = WallClock()
        let notifier = ServiceManager()
        let start = PatientStart(
            writing: StoreOpening.bytes(of: configuration.store), notifier: notifier, time: time)
        let (store, keys) = try await start.run {
            try await StoreOpening.open(configuration, source: keySource, copy: keyCopy)
        }
        let vault = LiveVault(keys: keys)
        let rotation = KeyRotation(store: store, address: store.address, vault: vault, events: events) { busy in
            // Pauses twice as long as the store was busy, so that the queue is not delayed.
            try await Task.sleep(for: max(.milliseconds(20), busy * 2))
        }
        let fleet = (store as? PostgreSQLUserStore)?.fleet(version: Version.text)
        // If other daemons may call the same users, the kernel ends a daemon that freezes.
        let bank = try LiveBank(configuration, file: file.path, isStoreShared: fleet != nil)
        let webAccess = try LiveWebAccess(configuration, file: file.path, time: time)
        if try await store.isUntried { events.report(.storeMade(place: store.address)) }
        try await store.tellOrigin(to: events)

        var ports = Daemon.Ports(
            store: store, vault: vault, bank: bank.client, renewing: bank.client, time: time,
            events: events, notifier: notifier)
        let source = ConfigurationFileSource(
            file: file, running: configuration, parts: [log, bank, webAccess])
        ports.fleet = fleet
        ports.shared = source
        ports.memberReport = { MemberReport(keys: vault.keys.ids.map(\.description)) }
        ports.latencies = log.metrics
        let embedded = store as? SQLiteUserStore
        ports.backingUp = embedded.map(OwnBackups.init)
        ports.journal = { [queue = log.queue] in (queue.waitingCount, queue.droppedCount) }
        let daemon = Daemon(ports, settings: DaemonSettings(configuration), seed: .random(in: 0 ... .max))

        let keyring = KeyOperations(rotation: rotation, isResealingAtOnce: false, read: keySource.keys)
        let operations = DaemonContext(
            of: daemon, source: source, keyring: keyring, version: Version.text,
            webListen: configuration.web.listen?.description)
        let control = ControlServer(operations: operations, path: configuration.controlSocket, time: time) { detail in
            events.report(.controlFailed(detail: detail))
        }
        let web = WebServer(
            configuration.web, access: webAccess.access, observer: daemon.observer, log: log, time: time)
        let plan = PlanService(
            operations: operations, rhythm: log.planRhythm, observer: daemon.observer, settings: daemon.settings,
            metrics: log.metrics, time: daemon.time)

        for note in configuration.notes { events.report(.configurationNote(note)) }
        if let note = webAccess.note { events.report(.configurationNote(note)) }

        try await running {
            // Before the control socket listens: no operator's command may be judged by a calendar that jumped.
            try await daemon.prepare()
            try await serve(
                [
                    BackgroundService(work: operations.imports.run), BackgroundService(work: operations.sweeper.run),
                    control,
                    HangupService(hangups: hangups, operations: operations), BackgroundService(work: rotation.run),
                    BackgroundService(work: daemon.placeWatch.run),
                ] + (web.map { [$0, plan] } ?? []),
                daemon: DaemonService(
                    daemon: daemon, control: control, web: web, webSettings: configuration.web, events: events,
                    onReached: { try await keyring.takeAdded { keyCopy?.isOutdated ?? false } },
                    onReady: { embedded?.removeUpgradeCopy() }))
        } finally: {
            await bank.client.shutdown()
            try await store.close()
        }
        _ = await log.reporter.finish(within: .seconds(5))
    }

    /// Runs the services until the daemon stops; they are told to stop in reverse order.
    ///
    /// Imports come first in the list and stop last: the control socket may bring one more part until it ends. The
    /// daemon comes last and stops first: the control socket and the page answer until the last call has ended.
    private func serve(_ others: [any Service], daemon: DaemonService) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: (others + [daemon]).map { .init(service: $0, failureTerminationBehavior: .cancelGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() }))
        try await group.run()
    }
}

/// Background work that runs until the daemon stops.
struct BackgroundService: Service {
    let work: @Sendable () async -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown(work)
    }
}

/// Reloads the configuration on SIGHUP; the result is reported like that of any reload.
struct HangupService: Service {
    let hangups: UnixSignalsSequence
    let operations: DaemonContext

    func run() async throws {
        for await _ in hangups.cancelOnGracefulShutdown() {
            // A refused reload is reported where it is refused; a signal has no sender to answer.
            _ = try? await operations.reloadBySignal()
        }
    }
}

/// Makes backups of the embedded store in the configured directory.
struct OwnBackups: StoreBackingUp {
    let store: SQLiteUserStore

    func newestBackup(in directory: String) async -> Timestamp? {
        BackupDirectory(directory, of: store.seed).newest()
    }

    func backUp(to directory: String, keep: Int, at moment: Timestamp) async throws(BackupFailure) -> StoreBackup {
        let backups = BackupDirectory(directory, of: store.seed)
        do { try backups.make() } catch { throw .backup(error) }
        backups.removeAbandoned(isShared: FileSystemKind(of: directory).map { $0.sharedName != nil } ?? true)
        let backup = try await store.backUp(to: backups.file(of: moment), at: moment, version: Version.text)
        backups.prune(keeping: keep, madeAt: moment)
        return backup
    }
}
