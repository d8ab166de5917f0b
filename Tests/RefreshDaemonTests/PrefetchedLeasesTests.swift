import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// A backlog of users against an API that answers at once, with 16 calls in flight.
@Suite struct PrefetchedLeasesTests {
    let bench: Workbench
    let users = 3_000

    init() {
        var settings = DaemonSettings()
        settings.admission = .init(requestsPerSecond: 100_000, burst: 10_000, concurrency: .fixed(16))
        bench = Workbench(settings: settings)
        bench.bank.answer { _, _, _ in (.refreshed, .milliseconds(1)) }
    }

    /// Starts with everyone due for a day.
    func start() async throws -> Task<Void, any Error> {
        try await bench.store.addFleet(users, policy: bench.policy, now: bench.world.time.now.advanced(by: .days(-9)))
        let run = bench.start()
        return run
    }

    /// Users that nobody holds a lease of, all of them due.
    func free() async throws -> Int {
        let far = bench.world.time.now.advanced(by: .days(30))
        return try await bench.memory.leaseDue(now: far, until: far, limit: users).count
    }

    @Test func `many are leased and settled at once, few are called at once, each but once`() async throws {
        let run = try await start()
        bench.world.advance(by: .seconds(10))
        let log = bench.bank.log
        #expect(log.count == users)
        let calls = Dictionary(grouping: bench.daemon.events.attempts, by: \.user.id)
        #expect(calls.count == users)
        for call in log {
            let meanwhile = log.filter {
                $0.beganAt <= call.beganAt && ($0.endedAt ?? .seconds(1_000_000)) > call.beganAt
            }
            #expect(meanwhile.count <= 16)
            if meanwhile.count > 16 { break }
        }
        // Batches of no more than may be in flight would be some 190 of each.
        #expect(bench.store.leasedBatches.count < 60)
        #expect(bench.store.settledBatches.count < 60)
        #expect(bench.daemon.events.attempts.count == users)
        try await bench.stop(run)
    }

    @Test func `who was leased ahead is handed back when the fleet is paused`() async throws {
        let run = try await start()
        bench.world.advance(by: .milliseconds(130))
        _ = try await bench.perform { try await $0.perform(PauseAll(until: nil, reason: nil)) }
        bench.world.advance(by: .milliseconds(100))
        let called = bench.bank.log.count
        #expect((100..<users).contains(called))
        #expect(try await free() == users)
        bench.world.advance(by: .minutes(1))
        #expect(bench.bank.log.count == called)
        try await bench.stop(run)
    }

    @Test func `who waits long for a call to end is handed back`() async throws {
        bench.bank.answer { _, _, call in (.refreshed, call < 1_000 ? .milliseconds(1) : .minutes(1)) }
        let run = try await start()
        bench.world.advance(by: .seconds(20))
        #expect(bench.bank.log.count == 1_016)
        #expect(try await free() == users - 16)
        try await bench.stop(run)
    }

    @Test func `who was leased ahead is handed back at the end`() async throws {
        let run = try await start()
        bench.world.advance(by: .milliseconds(130))
        try await bench.stop(run)
        #expect((100..<users).contains(bench.bank.log.count))
        #expect(try await free() == users)
    }

    @Test func `no call begins whose result the store would not take`() async throws {
        let run = try await start()
        bench.world.advance(by: .milliseconds(130))
        bench.store.fail(.init(settlements: .full(place: "memory")))
        bench.world.advance(by: .seconds(10))
        let called = bench.bank.log.count
        bench.world.advance(by: .minutes(10))
        #expect(bench.bank.log.count == called)
        #expect(called < users)
        bench.store.fail(.init())
        bench.world.advance(by: .minutes(1))
        #expect(bench.bank.log.count == users)
        #expect(bench.daemon.events.attempts.count == users)
        try await bench.stop(run)
    }
}
