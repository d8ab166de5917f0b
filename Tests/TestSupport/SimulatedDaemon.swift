package import RefreshCore
package import RefreshDaemon

/// The whole daemon above its ports, in a simulated world; several may share a store one after another.
package struct SimulatedDaemon: Sendable {
    package let events = EventLog()
    package let notifier: RecordingNotifier
    package let settings: LiveSettings
    package let scheduler: Scheduler
    package let operations: FleetOperations
    package let gate: AdmissionGate
    package let daemon: Daemon

    package init(
        in world: Simulation, store: any UserStore, bank: any BankRefreshing, renewing: (any TokenRenewing)? = nil,
        settings: DaemonSettings, source: any ConfigurationSource = NoConfiguration(),
        watchdogInterval: Duration? = .seconds(30),
        seed: UInt64 = 1, backingUp: (any StoreBackingUp)? = nil
    ) {
        self.init(
            time: world.time, store: store, bank: bank, renewing: renewing, settings: settings, source: source,
            watchdogInterval: watchdogInterval, seed: seed, backingUp: backingUp)
    }

    package init(
        time: any Timekeeping, store: any UserStore, bank: any BankRefreshing, renewing: (any TokenRenewing)? = nil,
        settings initial: DaemonSettings, source: any ConfigurationSource, watchdogInterval: Duration?, seed: UInt64,
        backingUp: (any StoreBackingUp)? = nil
    ) {
        notifier = RecordingNotifier(watchdogInterval: watchdogInterval)
        var initial = initial
        initial.renewsTokens = renewing != nil
        settings = LiveSettings(initial)
        let doorbell = Doorbell()
        let frame = ClockFrame(time: time, doorbell: doorbell)
        let counters = OutcomeCounters()
        let tokensAtRisk = TokensAtRisk()
        let backups = BackupLedger()
        let unused = UnusedLeases(doorbell: doorbell)
        let calls = CallQueue()
        gate = AdmissionGate(policy: initial.admission, time: time, events: events, doorbell: doorbell, seed: seed)
        let renewer = renewing.map { [settings, events] in
            Renewer(
                tight: $0, vault: PlainVault(), store: store,
                gate: RenewalGate(settings: settings, time: time, events: events, seed: seed &+ 2),
                settings: settings, time: time, events: events, seed: seed &+ 3, tokensAtRisk: tokensAtRisk)
        }
        let health = StoreHealth(events: events, time: time)
        let settlements = SettlementQueue(store: store, time: time, health: health, doorbell: doorbell)
        let alerts = AlertMonitor(
            store: store, gate: gate, counters: counters, settings: settings, time: time, events: events)
        let pulse = Pulse(
            notifier: notifier, store: health, gate: gate, settings: settings, time: time, alerts: alerts)
        let ahead = LeasesAhead(gate: gate, doorbell: doorbell, time: time)
        scheduler = Scheduler(
            store: store, gate: gate, calls: calls, settlements: settlements, settings: settings, time: time,
            events: events, doorbell: doorbell,
            frame: frame, pulse: pulse, unused: unused, ahead: ahead, renewer: renewer)
        let refresher = Refresher(
            bank: bank, vault: PlainVault(), renewer: renewer, unused: unused, ahead: ahead, settlements: settlements,
            refusals: RefusalWatch(store: store, time: time), gate: gate,
            frame: frame, settings: settings, time: time, events: events, counters: counters, seed: seed &+ 1,
            tokensAtRisk: tokensAtRisk)
        daemon = Daemon(
            store: store, settlements: settlements, scheduler: scheduler, refresher: refresher, calls: calls,
            gate: gate,
            settings: settings, notifier: notifier, time: time, events: events,
            alerts: alerts, tokensAtRisk: tokensAtRisk,
            backups: backingUp.map { [settings, events] in
                BackupKeeper(store: $0, ledger: backups, settings: settings, time: time, events: events)
            })
        operations = FleetOperations(
            store: store, vault: PlainVault(), gate: gate, scheduler: scheduler, renewer: renewer, calls: calls,
            settings: settings, doorbell: doorbell, counters: counters, source: source, keyring: NoKeys(),
            notifier: notifier, time: time,
            events: events,
            journalEntriesDropped: { 0 }, version: "test", alerts: alerts, backups: backups)
    }

    /// Starts the work in the simulated world; it proceeds as the world does.
    package func start(in world: Simulation) -> Task<Void, any Error> {
        start(on: world.executor)
    }

    package func start(on executor: ManualExecutor) -> Task<Void, any Error> {
        let daemon = daemon
        return Task(executorPreference: executor) { try await daemon.run() }
    }
}

/// A source without a file: every reload is refused.
package struct NoConfiguration: ConfigurationSource {
    package init() {}

    package func load() async throws -> LoadedConfiguration {
        throw OperationProblem.configurationRefused(["there is no configuration file"])
    }
}
