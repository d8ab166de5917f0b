import RefreshCore
import RefreshDaemon
import TestSupport

/// One daemon in a simulated world, with the handles that its tests need.
struct Workbench {
    let world = Simulation()
    let memory = MemoryUserStore()
    let store: TroubledStore
    let bank: ScriptedBank
    let daemon: SimulatedDaemon

    init(settings: DaemonSettings = DaemonSettings(), source: any ConfigurationSource = NoConfiguration()) {
        store = TroubledStore(memory)
        bank = ScriptedBank(time: world.time)
        var settings = settings
        // These tests count moments and calls of a daemon that runs already.
        settings.admission.slowStart = .zero
        daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings, source: source)
    }

    var policy: UserPolicy { daemon.settings.value.policies.standard }
    var events: [Event] { daemon.events.events }

    func start() -> Task<Void, any Error> {
        let run = daemon.start(in: world)
        world.settle()
        return run
    }

    /// Runs an operation in the simulated world and lets `time` pass for it.
    func perform<Answer: Sendable>(
        letting time: Duration = .zero, _ operation: @escaping @Sendable (DaemonContext) async throws -> Answer
    ) async throws -> Answer {
        let operations = daemon.operations
        let task = Task(executorPreference: world.executor) { try await operation(operations) }
        world.advance(by: time)
        return try await task.value
    }

    func stop(_ run: Task<Void, any Error>, letting time: Duration = .minutes(2)) async throws {
        daemon.daemon.stop()
        world.advance(by: time)
        try await run.value
    }
}
