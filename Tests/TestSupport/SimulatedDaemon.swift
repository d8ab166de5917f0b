package import RefreshCore
package import RefreshDaemon

/// The whole daemon above its ports, in a simulated world; several may share a store one after another.
package struct SimulatedDaemon: Sendable {
    package let events = EventLog()
    package let notifier: RecordingNotifier
    package let operations: DaemonContext
    package let daemon: Daemon

    package var settings: LiveSettings { daemon.settings }
    package var scheduler: Scheduler { daemon.scheduler }
    package var gate: AdmissionGate { daemon.gate }
    package var observer: FleetObserver { daemon.observer }
    /// Since its start.
    package var attempts: Int { observer.snapshot().outcomes.values.reduce(0, +) }

    package init(
        in world: Simulation, store: any UserStore, bank: any BankRefreshing, renewing: (any TokenRenewing)? = nil,
        settings: DaemonSettings, source: any ConfigurationSource = NoConfiguration(),
        watchdogInterval: Duration? = .seconds(30),
        seed: UInt64 = 1, backingUp: (any StoreBackingUp)? = nil, fleet: (any FleetSharing)? = nil
    ) {
        self.init(
            time: world.time, store: store, bank: bank, renewing: renewing, settings: settings, source: source,
            watchdogInterval: watchdogInterval, seed: seed, backingUp: backingUp, fleet: fleet)
    }

    package init(
        time: any Timekeeping, store: any UserStore, bank: any BankRefreshing, renewing: (any TokenRenewing)? = nil,
        settings initial: DaemonSettings, source: any ConfigurationSource, watchdogInterval: Duration?, seed: UInt64,
        backingUp: (any StoreBackingUp)? = nil, fleet: (any FleetSharing)? = nil,
        shared: (any SharedConfigurationSource)? = nil
    ) {
        notifier = RecordingNotifier(watchdogInterval: watchdogInterval)
        var ports = Daemon.Ports(
            store: store, vault: PlainVault(), bank: bank, renewing: renewing ?? NobodyRenews(), time: time,
            events: events, notifier: notifier)
        ports.backingUp = backingUp
        ports.fleet = fleet
        ports.shared = shared
        let renews = renewing != nil
        var initial = initial
        initial.renewsTokens = renews
        daemon = Daemon(ports, settings: initial, seed: seed)
        operations = DaemonContext(
            of: daemon, source: Renewing(source: source, renews: renews), keyring: NoKeys(), version: "test")
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

    package func load() async throws(OperationProblem) -> LoadedConfiguration {
        throw OperationProblem.configurationRefused(["there is no configuration file"])
    }
}

/// Renewals are off in a daemon that nobody renews for, whatever a reload brings.
private struct Renewing: ConfigurationSource {
    let source: any ConfigurationSource
    let renews: Bool

    func load() async throws(OperationProblem) -> LoadedConfiguration {
        let loaded = try await source.load()
        var settings = loaded.settings
        settings.renewsTokens = renews
        return LoadedConfiguration(settings: settings, report: loaded.report)
    }
}

/// Is never asked, for renewals are off.
private struct NobodyRenews: TokenRenewing {
    func renew(_ grant: TokenGrant, beginBy: Duration?) async throws(CallNotBegun) -> RenewalAnswer {
        .failed(.unavailable(.tokenNotRenewed(reason: "nobody renews")))
    }
}
