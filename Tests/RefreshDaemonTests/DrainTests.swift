import RefreshCore
import RefreshDaemon
import Synchronization
import TestSupport
import Testing

@Suite struct DrainTests {
    @Test func `a stop waits for the calls in flight and starts no more`() async throws {
        let bench = Workbench()
        bench.bank.answer { _, _, _ in (.refreshed, .seconds(20)) }
        try await bench.store.addFleet(500, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .hours(12))
        let begun = bench.bank.log.count
        bench.daemon.daemon.stop()
        bench.world.advance(by: .minutes(1))
        try await run.value
        #expect(bench.bank.log.count == begun)
        #expect(bench.bank.log.allSatisfy { $0.outcome == .refreshed })
        let leased = try await bench.store.census(now: bench.world.time.now).leased
        #expect(leased == 0)
        #expect(bench.events.last == .stopped(givenUp: 0))
    }

    @Test func `calls that outlast the drain are given up as unknown and settled`() async throws {
        var settings = DaemonSettings()
        settings.drain = .seconds(10)
        let bench = Workbench(settings: settings)
        bench.bank.answer { _, _, _ in (.refreshed, .hours(1)) }
        try await bench.store.addFleet(5, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .hours(24))
        bench.daemon.daemon.stop()
        bench.world.advance(by: .seconds(20))
        try await run.value
        let givenUp = bench.daemon.events.attempts.filter { $0.attempt.outcome == .unknown(.givenUp) }
        #expect(bench.events.last == .stopped(givenUp: givenUp.count))
        let leased = try await bench.store.census(now: bench.world.time.now).leased
        #expect(leased == 0)
    }

    @Test func `tells the service manager that it stops, and asks for the time it needs`() async throws {
        let bench = Workbench()
        let run = bench.start()
        try await bench.stop(run)
        let messages = bench.daemon.notifier.messages
        let stopping = try #require(messages.firstIndex(of: .stopping))
        let extended = messages[stopping...].contains {
            if case .extend(let time) = $0 { time > .seconds(30) } else { false }
        }
        #expect(extended)
    }

    @Test func `a store that takes nothing any more cannot hold up the end`() async throws {
        var settings = DaemonSettings()
        settings.drain = .seconds(10)
        let bench = Workbench(settings: settings)
        bench.bank.answer { _, _, _ in (.refreshed, .minutes(1)) }
        try await bench.store.addFleet(5, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let id = try Fleet.id(0)
        let operations = bench.daemon.operations
        let call = Task(executorPreference: bench.world.executor) {
            try await operations.perform(RefreshUsers([id], force: true))
        }
        bench.world.advance(by: .seconds(1))
        bench.store.fail(.init(writes: .full(place: "store")))
        bench.daemon.daemon.stop()
        bench.world.advance(by: .minutes(1))
        try await run.value
        _ = await call.result
        // What could not be written is still leased: it comes back as unknown at the next start.
        let leased = try await bench.memory.census(now: bench.world.time.now).leased
        #expect(leased == 1)
    }

    @Test(.timeLimit(.minutes(1)))
    func `a store that has failed for long holds up the end no longer than one that just failed`() async throws {
        var settings = DaemonSettings()
        settings.drain = .seconds(10)
        let bench = Workbench(settings: settings)
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now.advanced(by: .days(-9)))
        bench.store.fail(.init(settlements: .full(place: "store")))
        let run = bench.start()
        bench.world.advance(by: .minutes(5))
        #expect(bench.bank.log.count == 1)
        // Drain and grace: by then the result is given up, though the store is to be asked again much later.
        let end = EndOfRun()
        let watch = Task(executorPreference: bench.world.executor) {
            try await run.value
            end.reached()
        }
        bench.daemon.daemon.stop()
        bench.world.advance(by: .seconds(16))
        #expect(end.isReached)
        bench.world.advance(by: .minutes(1))
        try await watch.value
    }
}

private final class EndOfRun: Sendable {
    private let state = Mutex(false)

    var isReached: Bool { state.withLock { $0 } }

    func reached() {
        state.withLock { $0 = true }
    }
}
