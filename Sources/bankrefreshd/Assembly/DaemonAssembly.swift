import ControlPlane
import FleetMetrics
import Host
import Logging
import RefreshConfiguration
import RefreshCore
import RefreshDaemon
import SQLiteStore
import ServiceLifecycle
import TokenVault
import UnixSignals
import WebPage

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
        let opened = try await StoreOpening.open(
            configuration, keys: try keySource.keys(), patience: .seconds(10))
        let rotation = KeyRotation(store: opened.store, vault: opened.vault, events: events) { busy in
            // Twice as long as it kept the store busy, so that the queue is not held up.
            try await Task.sleep(for: max(.milliseconds(20), busy * 2))
        }
        let bank = try LiveBank(configuration, file: file.path)
        if opened.store.isNew { events.report(.storeMade(place: configuration.store.sqlitePath)) }

        let time = WallClock()
        let notifier = ServiceManager()
        let settings = LiveSettings(DaemonSettings(configuration))
        let source = ConfigurationFileSource(
            file: file, running: configuration, parts: [LiveLog(log: log), bank])
        let doorbell = Doorbell()
        let frame = ClockFrame(time: time, doorbell: doorbell)
        let counters = OutcomeCounters()
        let unused = UnusedLeases(doorbell: doorbell)
        let tokensAtRisk = TokensAtRisk()
        let backups = BackupLedger()
        let calls = CallQueue()
        var random = SystemRandomNumberGenerator()
        let gate = AdmissionGate(
            policy: configuration.admissionPolicy, time: time, events: events, doorbell: doorbell, seed: random.next())
        let renewer = Renewer(
            tight: bank.client, vault: opened.vault, store: opened.store,
            gate: RenewalGate(settings: settings, time: time, events: events, seed: random.next()),
            settings: settings, time: time, events: events, seed: random.next(), tokensAtRisk: tokensAtRisk)
        let health = StoreHealth(events: events, time: time)
        let settlements = SettlementQueue(
            store: opened.store, time: time, health: health, doorbell: doorbell, latencies: log.metrics)
        let alerts = AlertMonitor(
            store: opened.store, gate: gate, counters: counters, settings: settings, time: time, events: events)
        let pulse = Pulse(
            notifier: notifier, store: health, gate: gate, settings: settings, time: time, alerts: alerts)
        let ahead = LeasesAhead(gate: gate, doorbell: doorbell, time: time)
        let scheduler = Scheduler(
            store: opened.store, gate: gate, calls: calls, settlements: settlements, settings: settings, time: time,
            events: events,
            doorbell: doorbell, frame: frame,
            pulse: pulse, unused: unused, ahead: ahead, renewer: renewer, latencies: log.metrics)
        let refresher = Refresher(
            bank: bank.client, vault: opened.vault, renewer: renewer, unused: unused, ahead: ahead,
            settlements: settlements, refusals: RefusalWatch(store: opened.store, time: time),
            gate: gate, frame: frame, settings: settings, time: time, events: events, counters: counters,
            seed: random.next(), tokensAtRisk: tokensAtRisk)
        let daemon = Daemon(
            store: opened.store, settlements: settlements, scheduler: scheduler, refresher: refresher, calls: calls,
            gate: gate, settings: settings, notifier: notifier, time: time,
            events: events, alerts: alerts, tokensAtRisk: tokensAtRisk,
            backups: BackupKeeper(
                store: OwnBackups(store: opened.store), ledger: backups, settings: settings, time: time, events: events),
            onReady: { [store = opened.store] in store.removeUpgradeCopy() })
        let operations = FleetOperations(
            store: opened.store, vault: opened.vault, gate: gate, scheduler: scheduler, renewer: renewer,
            calls: calls, settings: settings,
            doorbell: doorbell, counters: counters, source: source,
            keyring: KeyOperations(
                rotation: rotation, pace: .background, place: configuration.store.sqlitePath, read: keySource.keys),
            notifier: notifier, time: time, events: events,
            journalEntriesDropped: { [queue = log.queue] in queue.droppedCount }, version: Version.text, alerts: alerts,
            backups: backups, webListen: configuration.web.listen?.description)
        let control = ControlServer(operations: operations, path: configuration.controlSocket, time: time) { detail in
            events.report(.controlFailed(detail: detail))
        }
        let observer = FleetObserver(
            store: opened.store,
            sources: FleetObserver.Sources(
                gate: gate, settings: settings, pulse: pulse, isStopping: { scheduler.isStopped },
                journal: { [queue = log.queue] in (queue.waitingCount, queue.droppedCount) },
                expiry: { [store = opened.store] now in try await TokenExpiry(in: store, now: now) },
                backup: { backups.standing }),
            time: time)
        let web = WebServer(
            configuration.web, observer: observer, pulse: pulse, scheduler: scheduler, log: log, time: time)
        let plan = PlanService(
            operations: operations, rhythm: log.planRhythm, pulse: pulse, settings: settings, metrics: log.metrics,
            time: time)

        for note in configuration.notes { events.report(.configurationNote(note)) }

        do {
            // Before the control socket listens: an operator's command must not be judged by a calendar that jumped.
            try await daemon.prepare()
            if configuration.web.listen != nil {
                log.metrics.takeUp(
                    try await opened.store.attemptTallies(since: time.now.advanced(by: .zero - .days(1))))
            }
            try await serve(
                [
                    ImportsService(imports: operations.imports), SweepingService(sweeper: operations.sweeper), control,
                    HangupService(hangups: hangups, operations: operations), ResealingService(rotation: rotation),
                    PlaceService(watch: StorePlaceWatch(store: opened.store, doorbell: doorbell, time: time)),
                ] + (web.map { [$0, plan] } ?? []),
                daemon: DaemonService(
                    daemon: daemon, control: control, web: web, webSettings: configuration.web, events: events))
        } catch {
            await bank.client.shutdown()
            try? opened.store.close()
            throw error
        }
        await bank.client.shutdown()
        try opened.store.close()
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
