import ControlPlane
import Host
import Logging
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore
import ServiceLifecycle
import TightAPI
import TokenVault
import UnixSignals

/// Puts the rooms together and runs the whole.
struct DaemonAssembly {
    let file: ConfigurationOption
    let log: DaemonLog

    func run() async throws {
        // Before anything else that takes time: until then the signal would kill the process.
        let hangups = await UnixSignalsSequence(trapping: .sighup)
        let events = log.reporter
        events.report(.starting(version: Version.text))

        let configuration = try file.load()
        events.show(refreshed: RefreshedEntries(configuration.log))
        let keySource = KeySource(file: file.path, store: configuration.store)
        let opened = try await StoreOpening.open(
            configuration, keys: try keySource.keys(), patience: .seconds(10))
        let rotation = KeyRotation(store: opened.store, vault: opened.vault, events: events) { busy in
            // Twice as long as it kept the store busy, so that the queue is not held up.
            try await Task.sleep(for: max(.milliseconds(20), busy * 2))
        }
        let bank = try TightClient(
            settings: try TightClientSettings(configuration, version: Version.text), now: { WallClock().now })

        let time = WallClock()
        let notifier = ServiceManager()
        let settings = LiveSettings(DaemonSettings(configuration))
        let source = ConfigurationFileSource(file: file, running: configuration, log: log, bank: bank)
        let doorbell = Doorbell()
        let frame = ClockFrame(time: time, doorbell: doorbell)
        let counters = OutcomeCounters()
        let calls = CallQueue()
        var random = SystemRandomNumberGenerator()
        let gate = AdmissionGate(
            policy: configuration.admissionPolicy, time: time, events: events, doorbell: doorbell, seed: random.next())
        let settlements = SettlementQueue(store: opened.store, time: time, events: events)
        let scheduler = Scheduler(
            store: opened.store, gate: gate, calls: calls, settings: settings, time: time, events: events,
            doorbell: doorbell, frame: frame,
            pulse: Pulse(notifier: notifier, store: opened.store, gate: gate, settings: settings, time: time))
        let refresher = Refresher(
            bank: bank, vault: opened.vault, settlements: settlements, gate: gate, frame: frame, settings: settings,
            time: time, events: events, counters: counters, seed: random.next())
        let daemon = Daemon(
            store: opened.store, settlements: settlements, scheduler: scheduler, refresher: refresher, calls: calls,
            gate: gate, settings: settings, notifier: notifier, time: time, events: events)
        let operations = FleetOperations(
            store: opened.store, vault: opened.vault, gate: gate, scheduler: scheduler, calls: calls,
            settings: settings,
            doorbell: doorbell, counters: counters, source: source,
            keyring: KeyOperations(
                rotation: rotation, pace: .background, place: configuration.store.sqlitePath, read: keySource.keys),
            notifier: notifier, time: time, events: events,
            journalEntriesDropped: { [queue = log.queue] in queue.droppedCount }, version: Version.text)
        let control = ControlServer(operations: operations, path: configuration.controlSocket) { detail in
            events.report(.controlFailed(detail: detail))
        }

        do {
            try await serve(
                daemon: DaemonService(daemon: daemon, control: control), control: control,
                reloads: HangupService(hangups: hangups, operations: operations),
                resealing: ResealingService(rotation: rotation))
        } catch {
            await bank.shutdown()
            try? opened.store.close()
            throw error
        }
        await bank.shutdown()
        try opened.store.close()
        _ = await events.finish(within: .seconds(5))
    }

    /// The daemon comes last in the list, so it is the first to be told to stop: the control socket answers until the
    /// last call has ended.
    private func serve(
        daemon: DaemonService, control: ControlServer, reloads: HangupService, resealing: ResealingService
    ) async throws {
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: control, failureTerminationBehavior: .cancelGroup),
                    .init(service: reloads, failureTerminationBehavior: .cancelGroup),
                    .init(service: resealing, failureTerminationBehavior: .cancelGroup),
                    .init(service: daemon, failureTerminationBehavior: .cancelGroup),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "services") { _ in SwiftLogNoOpLogHandler() }))
        try await group.run()
    }
}
