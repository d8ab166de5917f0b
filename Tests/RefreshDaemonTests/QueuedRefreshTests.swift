import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

@Suite struct QueuedRefreshTests {
    let bench = Workbench()

    private func queue(_ numbers: Range<Int>, letting time: Duration = .zero) async throws -> [RefreshReport] {
        let ids = try numbers.map(Fleet.id)
        return try await bench.perform(letting: time) { try await $0.perform(QueueRefresh(ids)) }
    }

    @Test func `users are called at once by the schedule, and again after the minimum interval`() async throws {
        try await bench.store.addFleet(3, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let asked = bench.world.time.now
        let reports = try await queue(0..<4, letting: .minutes(1))
        #expect(reports.map(\.answer) == [.queued, .queued, .queued, .noSuchUser])
        #expect(reports[0].nextDue == asked.description)
        #expect(bench.bank.log.count == 3)
        #expect(bench.daemon.events.attempts.allSatisfy { $0.attempt.trigger == .schedule })
        let again = try await queue(0..<3, letting: .hours(1))
        #expect(again.allSatisfy { $0.answer == .refused && $0.refusal == .floor && $0.until != nil })
        #expect(bench.bank.log.count == 3)
        try await bench.stop(run)
    }

    @Test func `what holds all calls up is told, and they are made when it is over`() async throws {
        try await bench.store.addFleet(2, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let until = bench.world.time.now.advanced(by: .minutes(10))
        _ = try await bench.perform { try await $0.perform(PauseAll(until: until, reason: "night")) }
        let reports = try await queue(0..<2, letting: .minutes(5))
        #expect(reports.allSatisfy { $0.answer == .queued && $0.reason == "all calls are paused" })
        #expect(reports.allSatisfy { $0.until == until.description })
        #expect(bench.bank.log.count == 0)
        bench.world.advance(by: .minutes(6))
        #expect(bench.bank.log.count == 2)
        try await bench.stop(run)
    }

    @Test func `a wish outlives the daemon`() async throws {
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        // Nobody works on it yet.
        let reports = try await queue(0..<1)
        #expect(reports.map(\.answer) == [.queued])
        bench.world.advance(by: .minutes(1))
        #expect(bench.bank.log.count == 0)
        let run = bench.start()
        bench.world.advance(by: .minutes(1))
        #expect(bench.bank.log.count == 1)
        try await bench.stop(run)
    }
}
