import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// What the daemon writes down of its calls, and how it forgets.
@Suite struct HistoryTests {
    private func bench(_ history: HistoryBounds = HistoryBounds()) -> Workbench {
        Workbench(settings: DaemonSettings(history: history))
    }

    private func history(in bench: Workbench, of number: Int = 0) async throws -> [AttemptRecord] {
        try #require(try await bench.memory.history(of: Fleet.id(number), before: nil, limit: 10_000))
    }

    @Test func `every call is in its user's history, with its place in the run of failures`() async throws {
        let bench = bench()
        bench.bank.answer { _, _, call in
            (call < 2 ? .rejected(messages: ["the bank is closed"]) : .refreshed, .milliseconds(1_500))
        }
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .days(6))
        try await bench.stop(run)
        let kept = try await history(in: bench)
        #expect(kept.count == bench.bank.log.count)
        #expect(kept.map(\.startedAt) == bench.bank.log.reversed().map { $0.began.inMilliseconds })
        #expect(kept.reversed().prefix(4).map(\.number) == [1, 2, 3, 1])
        #expect(kept.reversed().prefix(3).map(\.outcome) == [.rejected, .rejected, .refreshed])
        #expect(kept.last?.reason == "the bank is closed")
        #expect(kept.allSatisfy { $0.duration == .milliseconds(1_500) && $0.trigger == .schedule && !$0.isForced })
    }

    @Test func `a call by hand is told from those of the schedule, and whether it was forced`() async throws {
        let bench = bench()
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let id = try Fleet.id(0)
        for force in [false, true] {
            _ = try await bench.perform(letting: .minutes(1)) { try await $0.perform(RefreshUsers([id], force: force)) }
        }
        try await bench.stop(run)
        let kept = try await history(in: bench)
        #expect(kept.map(\.trigger) == [.manual, .manual])
        #expect(kept.map(\.isForced) == [true, false])
    }

    @Test func `a call that changed hands meanwhile is written once`() async throws {
        let bench = bench()
        bench.bank.answer { _, _, _ in (.refreshed, .seconds(30)) }
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let id = try Fleet.id(0)
        let operations = bench.daemon.operations
        let call = Task(executorPreference: bench.world.executor) {
            try await operations.perform(RefreshUsers([id], force: false))
        }
        bench.world.advance(by: .seconds(1))
        _ = try await bench.perform { try await $0.perform(PauseUser(id, until: nil)) }
        bench.world.advance(by: .minutes(1))
        _ = try await call.value
        try await bench.stop(run)
        let kept = try await history(in: bench)
        #expect(kept.count == 1)
    }

    @Test func `a history that is off is not written`() async throws {
        let bench = bench(HistoryBounds(keep: 0))
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .days(3))
        let status = try await bench.perform { try await $0.perform(ReadStatus()) }
        try await bench.stop(run)
        #expect(!bench.bank.log.isEmpty)
        let kept = try await history(in: bench)
        #expect(kept.isEmpty)
        #expect(status.outcomesLastDay.isEmpty)
    }

    @Test func `what is too old or too many is removed while the daemon runs`() async throws {
        let bench = bench(HistoryBounds(keep: 5, maximumAge: .days(90)))
        try await bench.store.addFleet(3, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .days(12))
        #expect(try await history(in: bench).count <= 6)
        let newest = try await history(in: bench).first
        _ = bench.daemon.settings.replace(
            with: DaemonSettings(
                admission: bench.daemon.settings.value.admission, history: HistoryBounds(keep: 2)))
        bench.world.advance(by: .hours(1))
        let kept = try await history(in: bench)
        #expect(kept.count <= 3)
        let last = bench.bank.callsByUser[0]?.last
        #expect(kept.first?.startedAt == last?.began.inMilliseconds)
        #expect(newest != nil)
        try await bench.stop(run)
    }

    @Test(arguments: [false, true])
    func `a clock that is a year ahead for some days costs nobody the history`(isBooted: Bool) async throws {
        let bench = bench()
        try await bench.store.addFleet(3, policy: bench.policy, now: bench.world.time.now)
        let first = bench.start()
        bench.world.advance(by: .days(5))
        let before = try await history(in: bench)
        #expect(before.count >= 4)
        var (daemon, run) = (bench.daemon, first)
        if isBooted {
            try await bench.stop(first)
            bench.world.time.reboot()
            daemon = SimulatedDaemon(
                in: bench.world, store: bench.memory.reopened(), bank: bench.bank, settings: DaemonSettings())
        }
        bench.world.time.step(by: .days(365))
        if isBooted { run = daemon.start(in: bench.world) }
        bench.world.advance(by: .days(3))
        bench.world.time.step(by: .days(-365))
        bench.world.advance(by: .days(3))
        daemon.daemon.stop()
        bench.world.advance(by: .minutes(2))
        try await run.value
        let kept = try await history(in: bench)
        #expect(kept.count > before.count)
        #expect(Array(kept.suffix(before.count)) == before)
    }

    @Test func `an idle daemon wakes for its history once an hour at most`() async throws {
        let bench = bench()
        let asked = bench.store
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .hours(48))
        try await bench.stop(run)
        #expect(asked.prunings >= 1)
        #expect(asked.prunings <= 49)
    }

    @Test func `a pass that fails is made again a minute later`() async throws {
        let bench = bench()
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.store.fail(.init(writes: .full(place: "store")))
        bench.world.advance(by: .minutes(30))
        #expect((20...30).contains(bench.store.prunings))
        bench.store.fail(.init())
        bench.world.advance(by: .minutes(2))
        let done = bench.store.prunings
        bench.world.advance(by: .minutes(50))
        #expect(bench.store.prunings == done)
        try await bench.stop(run)
    }

    @Test func `the status counts the last hour and day, over restarts`() async throws {
        let bench = bench()
        bench.bank.answer { _, now, _ in (.refreshed, .seconds(1)) }
        try await bench.store.addFleet(24, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .hours(30))
        let status = try await bench.perform { try await $0.perform(ReadStatus()) }
        try await bench.stop(run)
        let now = bench.world.time.now.advanced(by: .zero - .minutes(2))
        let lastDay = bench.bank.log.count { $0.began > now.advanced(by: .zero - .hours(24)) }
        let counted = status.outcomesLastDay["refreshed"] ?? 0
        // To five minutes.
        #expect((lastDay...(lastDay + 1)).contains(counted))
        #expect(status.outcomesLastHour["refreshed"] ?? 0 < counted)
    }
}

extension Timestamp {
    /// As a history keeps it.
    fileprivate var inMilliseconds: Timestamp {
        Timestamp(microsecondsSinceEpoch: microsecondsSinceEpoch / 1_000 * 1_000)
    }
}
