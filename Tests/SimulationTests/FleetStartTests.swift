import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// A daemon that has joined the others and cannot begin yet, for the store does not answer: in virtual time.
@Suite struct FleetStartTests {
    private let world = Simulation()
    private let store = MemoryUserStore()
    private let troubled: TroubledStore
    private let bank: ScriptedBank
    private let fleet: MemoryFleet
    private let file = HostFile(minutes: 5)
    private var settings: DaemonSettings { file.settings }

    init() {
        bank = ScriptedBank(time: world.time)
        fleet = MemoryFleet(sharing: store, time: world.time)
        troubled = TroubledStore(store)
    }

    private func start(_ id: Int64, on store: any UserStore, shared: HostFile? = nil) -> (
        daemon: SimulatedDaemon, process: Simulation.Process, run: Task<Void, any Error>
    ) {
        let daemon = SimulatedDaemon(
            time: world.time, store: store, bank: bank, settings: settings, source: NoConfiguration(),
            watchdogInterval: .seconds(30), seed: UInt64(id), fleet: fleet.member(id), shared: shared)
        let process = Simulation.Process(world)
        return (daemon, process, daemon.start(on: process.executor))
    }

    private static func isReady(_ event: Event) -> Bool { if case .ready = event { true } else { false } }
    private static func isGone(_ event: Event) -> Bool { if case .memberVanished = event { true } else { false } }

    @Test func `a start waits for a store that does not answer for a moment, and lives for the others meanwhile`()
        async throws
    {
        try await store.addFleet(100, policy: settings.policies.standard, now: world.time.now)
        let one = start(1, on: store)
        world.advance(by: .seconds(10), processes: [one.process])
        // As while another server takes the place of the store's.
        troubled.fail(.init(writes: .unreachable(place: "memory", detail: "another server took over")))
        let two = start(2, on: troubled)
        world.advance(by: .seconds(30), processes: [one.process, two.process])
        #expect(!two.daemon.events.events.contains(where: Self.isReady))
        #expect(try #require(fleet.members.first { $0.id == 2 }).isAlive(at: fleet.calendar))
        // Whose duty it is works.
        #expect(FleetDuty.allCases.allSatisfy { !fleet.isOnDuty(2, $0) })

        troubled.fail(.init())
        world.advance(by: .seconds(10), processes: [one.process, two.process])
        #expect(two.daemon.events.events.contains(where: Self.isReady))
        #expect(!one.daemon.events.events.contains(where: Self.isGone))
        for host in [one, two] { host.daemon.daemon.stop() }
        world.advance(by: .minutes(1), processes: [one.process, two.process])
        for host in [one, two] { try await host.run.value }
    }

    @Test func `a start that waited for a minute in vain ends, and is missed by nobody`() async throws {
        let one = start(1, on: store)
        world.advance(by: .seconds(10), processes: [one.process])
        let gone = StoreProblem.unreachable(place: "memory", detail: "gone")
        troubled.fail(.init(writes: gone))
        let two = start(2, on: troubled)
        world.advance(by: .seconds(90), processes: [one.process, two.process])
        await #expect(throws: gone) { try await two.run.value }
        #expect(fleet.members.map(\.id) == [1])
        #expect(!one.daemon.events.events.contains(where: Self.isGone))
        one.daemon.daemon.stop()
        world.advance(by: .minutes(1), processes: [one.process])
        try await one.run.value
    }

    @Test func `a start ends with the reason where the store is too slow to tell the time, and is missed by nobody`()
        async throws
    {
        fleet.commitBeats(after: .seconds(1))
        let one = start(1, on: store)
        world.advance(by: .minutes(1), processes: [one.process])
        await #expect(
            throws: StoreProblem.unreachable(
                place: "memory", detail: "its answers take too long to tell the time by them")
        ) { try await one.run.value }
        #expect(fleet.members.isEmpty)
    }

    @Test func `a start that others have heard of goes on when it was cut off for a moment`() async throws {
        fleet.setPromotion(isOpen: true)
        file.read()
        let one = start(1, on: store, shared: file)
        world.advance(by: .seconds(2), processes: [one.process])
        // It waits for the settings of the fleet.
        #expect(fleet.members.map(\.id) == [1])
        #expect(!one.daemon.events.events.contains(where: Self.isReady))
        fleet.cutOff([1])
        world.advance(by: .seconds(8), processes: [one.process])
        fleet.cutOff([])
        fleet.setPromotion(isOpen: false)
        world.advance(by: .seconds(5), processes: [one.process])
        #expect(one.daemon.events.events.contains(where: Self.isReady))
        one.daemon.daemon.stop()
        world.advance(by: .minutes(1), processes: [one.process])
        try await one.run.value
    }

    @Test func `a store that refuses ends a start at once`() async throws {
        let full = StoreProblem.full(place: "memory")
        troubled.fail(.init(writes: full))
        let one = start(1, on: troubled)
        world.advance(by: .seconds(5), processes: [one.process])
        await #expect(throws: full) { try await one.run.value }
        #expect(fleet.members.isEmpty)
    }
}
