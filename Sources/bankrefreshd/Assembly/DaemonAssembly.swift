import ControlPlane
import Monitoring
import Host
import Logging
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import ServiceLifecycle
import SQLiteStore
import TokenVault
import UnixSignals

/// Puts the rooms together and runs the whole.
struct DaemonAssembly {
    let file: ConfigurationOption
    let log: DaemonLog

    func run() async throws {
        // Before anything else that takes time: until then the signal would kill the process.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let events = log.events
        events.report(.starting(version: Version.text))

        let configuration = try file.load()
        log.reporter.show(refreshed: RefreshedEntries(configuration.log))
        let keySource = KeySource(file: file.path, store: configuration.store)
        let keyCopy = KeyCopy(of: keySource)
        let opened = try await StoreOpening.open(
            configuration, source: keySource, copy: keyCopy, patience: .seconds(10))
        let rotation = KeyRotation(store: opened.store, vault: opened.vault, events: events) { busy in
            // Twice as long as it kept the store busy, so that the queue is not held up.
            try await Task.sleep(for: max(.milliseconds(20), busy * 2))
        }
        let fleet = opened.joiningFleet()
        // Where others may call this daemon's users, the kernel ends it when it is frozen.
        let bank = try LiveBank(configuration, file: file.path, isStoreShared: fleet != nil)
        let webAccess = try LiveWebAccess(configuration, file: file.path, time: WallClock())
        if try await opened.isUntried { events.report(.storeMade(place: opened.place)) }
        try await opened.tellOrigin(to: events)

        let time = WallClock()
        var ports = Daemon.Ports(
            store: opened.store, vault: opened.vault, bank: bank.client, renewing: bank.client, time: time,
            events: events, notifier: ServiceManager())
        let source = ConfigurationFileSource(
            file: file, running: configuration, parts: [LiveLog(log: log), bank, webAccess])
        ports.fleet = fleet
        ports.shared = source
        ports.memberReport = { [vault = opened.vault] in MemberReport(keys: vault.keys.ids.map(\.description)) }
        ports.latencies = log.metrics
        ports.backingUp = opened.file.map(OwnBackups.init)
        ports.journal = { [queue = log.queue] in (queue.waitingCount, queue.droppedCount) }
        let daemon = Daemon(ports, settings: DaemonSettings(configuration), seed: .random(in: 0 ... .max))

        let keyring = KeyOperations(
            rotation: rotation, pace: .background, place: opened.place, read: keySource.keys)
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

        do {
            // Before the control socket listens: an operator's command must not be judged by a calendar that jumped.
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
                    onReady: { [file = opened.file] in file?.removeUpgradeCopy() }))
        } catch {
            await bank.client.shutdown()
            try? await opened.close()
            throw error
        }
        await bank.client.shutdown()
        try await opened.close()
        _ = await log.reporter.finish(within: .seconds(5))
    }

    /// What imports leave to tell comes first, for the control socket may bring it one more piece until it ends.
    ///
    /// The daemon comes last in the list, so it is the first to be told to stop: the control socket and the page answer
    /// until the last call has ended.
    private func serve(_ others: [any Service], daemon: DaemonService) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: (others + [daemon]).map { .init(service: $0, failureTerminationBehavior: .cancelGroup) },
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() }))
        try await group.run()
    }
}

/// Work beside the daemon's, until the daemon stops.
struct BackgroundService: Service {
    let work: @Sendable () async -> Void

    func run() async throws {
        await cancelWhenGracefulShutdown(work)
    }
}

/// The section `log` as a part that a reload changes.
struct LiveLog: LivePart {
    let log: DaemonLog

    func prepare(_ configuration: Configuration) -> PreparedChange {
        let entries = RefreshedEntries(configuration.log)
        return PreparedChange { [log] in log.reporter.show(refreshed: entries) }
    }
}

/// Reloads the configuration on SIGHUP; what came of it is reported like any reload.
struct HangupService: Service {
    let hangups: UnixSignalsSequence
    let operations: DaemonContext

    func run() async throws {
        for await _ in hangups.cancelOnGracefulShutdown() {
            // A refused reload is reported where it is refused; there is nobody else to tell.
            _ = try? await operations.reloadBySignal()
        }
    }
}

/// Backups of the daemon's own store, in a directory of its own.
struct OwnBackups: StoreBackingUp {
    let store: SQLiteUserStore

    func newestBackup(in directory: String) async -> Timestamp? {
        BackupDirectory(directory, of: store.seed).newest()
    }

    func backUp(to directory: String, keep: Int, at moment: Timestamp) async throws(BackupFailure) -> StoreBackup {
        let backups = BackupDirectory(directory, of: store.seed)
        do { try backups.make() } catch { throw .backup(error) }
        backups.removeAbandoned()
        let backup = try await store.backUp(to: backups.file(of: moment), at: moment, version: Version.text)
        backups.prune(keeping: keep)
        return backup
    }
}
