import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// What the stories drawn from seeds once brought to light, each in its smallest form.
@Suite struct RecoveryTests {
    let world = Simulation()
    let memory = MemoryUserStore()
    let policy = UserPolicy(cadence: Cadence(every: .hours(12)), minimumInterval: .hours(12))

    func daemon(
        _ bank: ScriptedBank, store: (any UserStore)? = nil, policy other: UserPolicy? = nil,
        source: any ConfigurationSource = NoConfiguration()
    ) -> SimulatedDaemon {
        SimulatedDaemon(
            in: world, store: store ?? memory, bank: bank,
            settings: DaemonSettings(policies: Policies(standard: other ?? policy)), source: source,
            watchdogInterval: nil)
    }

    @Test func `a call that ends just after the calendar was set back keeps its minimum interval`() async throws {
        let bank = ScriptedBank(time: world.time) { _, _, _ in (.refreshed, .seconds(30)) }
        try await memory.addFleet(1, policy: policy, now: world.time.now)
        let daemon = daemon(bank)
        let run = daemon.start(in: world)
        while bank.log.isEmpty { world.advance(by: .seconds(1)) }
        world.advance(by: .seconds(28))
        world.time.step(by: .zero - .hours(6))
        world.advance(by: .days(2))
        #expect(bank.log.count > 1)
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        await stop(daemon, run)
    }

    @Test func `a second step while the first is followed keeps the minimum interval`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await memory.addFleet(50, policy: policy, now: world.time.now)
        let troubled = TroubledStore(memory)
        let daemon = daemon(bank, store: troubled)
        let run = daemon.start(in: world)
        world.advance(by: .hours(30))
        troubled.fail(.init(writes: .full(place: "memory")))
        world.time.step(by: .hours(1))
        world.advance(by: .minutes(2))
        world.time.step(by: .zero - .hours(9))
        troubled.fail(.init())
        world.advance(by: .days(2))
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        await stop(daemon, run)
    }

    @Test func `a step is followed though the store failed when it came`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await memory.addFleet(300, policy: policy, now: world.time.now)
        let troubled = TroubledStore(memory)
        let daemon = daemon(bank, store: troubled)
        let run = daemon.start(in: world)
        world.advance(by: .hours(30))
        troubled.fail(.init(writes: .full(place: "memory")))
        world.time.step(by: .days(1))
        world.advance(by: .minutes(10))
        troubled.fail(.init())
        world.advance(by: .days(2))
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        await stop(daemon, run)
    }

    @Test func `a manual refresh just after a step is measured on the calendar of before`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await memory.addFleet(1, policy: policy, now: world.time.now)
        let daemon = daemon(bank)
        let run = daemon.start(in: world)
        while bank.log.isEmpty { world.advance(by: .seconds(1)) }
        world.advance(by: .minutes(30))
        let made = bank.log.count
        world.time.step(by: .days(1))
        let id = try Fleet.id(0)
        let refresh = Task(executorPreference: world.executor) {
            try await daemon.operations.perform(RefreshUsers([id], force: false))
        }
        world.advance(by: .seconds(5))
        #expect(try await refresh.value.map(\.answer) == [.refused])
        #expect(bank.log.count == made)
        await stop(daemon, run)
    }

    @Test func `rules that changed while no daemon ran hold from its start`() async throws {
        let bank = ScriptedBank(time: world.time)
        let hasty = UserPolicy(
            cadence: Cadence(every: .hours(1)), minimumInterval: .minutes(30), attemptsPerDay: 24)
        try await memory.addFleet(50, policy: hasty, now: world.time.now)
        let first = daemon(bank, policy: hasty)
        let firstRun = first.start(in: world)
        world.advance(by: .hours(3))
        await stop(first, firstRun)
        let before = bank.log
        let second = daemon(bank, store: memory.reopened())
        let secondRun = second.start(in: world)
        world.advance(by: .hours(11))
        let last = Dictionary(grouping: before) { $0.token.secret.withBytes { Array($0) } }.mapValues {
            $0.last?.beganAt
        }
        for call in bank.log.dropFirst(before.count) {
            let earlier = try #require(last[call.token.secret.withBytes { Array($0) }] ?? nil)
            #expect(call.beganAt - earlier >= policy.minimumInterval)
        }
        await stop(second, secondRun)
    }

    @Test func `a reload while the store does not write waits for it and does not spin`() async throws {
        let bank = ScriptedBank(time: world.time)
        try await memory.addFleet(10, policy: policy, now: world.time.now)
        let troubled = TroubledStore(memory)
        let other = DaemonSettings(policies: Policies(standard: UserPolicy()))
        let daemon = daemon(bank, store: troubled, source: ChangingFile(other))
        let run = daemon.start(in: world)
        world.advance(by: .minutes(1))
        troubled.fail(.init(writes: .full(place: "memory")))
        let reload = Task(executorPreference: world.executor) {
            try await daemon.operations.perform(ReloadConfiguration())
        }
        #expect(world.executor.run(atMost: 10_000) < 10_000)
        _ = try await reload.value
        troubled.fail(.init())
        await stop(daemon, run)
    }

    @Test func `a start ends when the store does not take the lost calls, and the next one takes them up`() async throws
    {
        let bank = ScriptedBank(time: world.time) { _, _, _ in (.refreshed, .seconds(30)) }
        try await memory.addFleet(300, policy: policy, now: world.time.now)
        let doomed = daemon(bank)
        let process = Simulation.Process(world)
        let lost = doomed.start(on: process.executor)
        world.advance(by: .hours(6), processes: [process])
        while !bank.log.contains(where: { $0.endedAt == nil }) { world.advance(by: .seconds(1), processes: [process]) }
        lost.cancel()

        let troubled = TroubledStore(memory.reopened())
        let successor = daemon(bank, store: troubled)
        // It gets the leases, and cannot settle them.
        troubled.fail(.init(settlements: .full(place: "memory")))
        let run = successor.start(in: world)
        world.advance(by: .minutes(1))
        await #expect(throws: StoreProblem.full(place: "memory")) { try await run.value }
        #expect(!successor.events.events.contains { if case .ready = $0 { true } else { false } })
        troubled.fail(.init())
        let next = daemon(bank, store: memory.reopened())
        let nextRun = next.start(in: world)
        world.advance(by: .seconds(1))
        #expect(next.events.events.contains { if case .ready = $0 { true } else { false } })
        await stop(next, nextRun)
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        _ = await run.result
    }
}
