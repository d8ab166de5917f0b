import RefreshCore
import TestSupport
import Testing

@testable import RefreshDaemon

@Suite struct ManualRefreshTests {
    let bench = Workbench()

    func refresh(_ number: Int = 0, force: Bool = false) async throws -> RefreshReport {
        let id = try Fleet.id(number)
        let reports = try await bench.perform(letting: .seconds(5)) {
            try await $0.perform(RefreshUsers([id], force: force))
        }
        return try #require(reports.first)
    }

    func addUser() async throws {
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
    }

    @Test func `is done when nothing stands against it, and tells what came of it`() async throws {
        try await addUser()
        let run = bench.start()
        let report = try await refresh()
        #expect(report.answer == .done)
        #expect(report.outcome == .refreshed)
        #expect(bench.bank.log.count == 1)
        #expect(bench.daemon.events.attempts.first?.attempt.trigger == .manual)
        try await bench.stop(run)
    }

    @Test func `is refused before the minimum interval, with the moment and the way around it`() async throws {
        try await addUser()
        let run = bench.start()
        _ = try await refresh()
        let second = try await refresh()
        #expect(second.answer == .refused)
        let reached = try #require(try await bench.store.user(Fleet.id(0))?.record.reachedAt)
        #expect(second.until == reached.advanced(by: bench.policy.minimumInterval).description)
        #expect(second.reason?.contains("--force") == true)
        #expect(bench.bank.log.count == 1)
        try await bench.stop(run)
    }

    @Test func `goes past the minimum interval when forced`() async throws {
        try await addUser()
        let run = bench.start()
        _ = try await refresh()
        let second = try await refresh(force: true)
        #expect(second.answer == .done)
        #expect(bench.bank.log.count == 2)
        try await bench.stop(run)
    }

    @Test func `counts towards the day's budget together with the scheduled calls`() async throws {
        var settings = DaemonSettings()
        settings.policies.standard.minimumInterval = .zero
        settings.policies.standard.attemptsPerDay = 2
        let bench = Workbench(settings: settings)
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let id = try Fleet.id(0)
        for _ in 0..<2 {
            let answers = try await bench.perform(letting: .seconds(5)) {
                try await $0.perform(RefreshUsers([id], force: false))
            }
            #expect(answers.first?.answer == .done)
        }
        let third = try await bench.perform(letting: .seconds(5)) {
            try await $0.perform(RefreshUsers([id], force: false))
        }
        #expect(third.first?.answer == .refused)
        #expect(third.first?.reason?.contains("daily budget of 2 calls") == true)
        try await bench.stop(run)
    }

    @Test func `a failure leaves the appointment as it was`() async throws {
        try await addUser()
        bench.bank.answer { _, _, _ in (.rejected(messages: ["no"]), .milliseconds(10)) }
        let before = try #require(try await bench.store.user(Fleet.id(0))?.state.due)
        let run = bench.start()
        let report = try await refresh()
        #expect(report.outcome == .rejected)
        let after = try #require(try await bench.store.user(Fleet.id(0))?.state.due)
        #expect(after >= before)
        try await bench.stop(run)
    }

    @Test func `a parked user is not called, forced or not`() async throws {
        try await addUser()
        bench.bank.answer { _, _, _ in (.unauthorized, .milliseconds(10)) }
        let run = bench.start()
        _ = try await refresh()
        let report = try await refresh(force: true)
        #expect(report.answer == .refused)
        #expect(report.reason?.contains("users add") == true)
        #expect(bench.bank.log.count == 1)
        try await bench.stop(run)
    }

    @Test func `a paused user is not called`() async throws {
        try await addUser()
        let run = bench.start()
        let id = try Fleet.id(0)
        _ = try await bench.perform { try await $0.perform(PauseUser(id, until: nil)) }
        let report = try await refresh(force: true)
        #expect(report.answer == .refused)
        #expect(bench.bank.log.isEmpty)
        try await bench.stop(run)
    }

    @Test func `nobody is called twice at once`() async throws {
        try await addUser()
        bench.bank.answer { _, _, _ in (.refreshed, .seconds(60)) }
        let run = bench.start()
        let id = try Fleet.id(0)
        let operations = bench.daemon.operations
        let first = Task(executorPreference: bench.world.executor) {
            try await operations.perform(RefreshUsers([id], force: true))
        }
        bench.world.advance(by: .seconds(1))
        let second = try await refresh(force: true)
        #expect(second.answer == .refused)
        #expect(second.reason?.contains("in flight") == true)
        bench.world.advance(by: .minutes(2))
        let done = try await first.value
        #expect(done.first?.answer == .done)
        #expect(bench.bank.log.mostAtOnce() == 1)
        try await bench.stop(run)
    }

    @Test func `an unknown user is told from one that is refused`() async throws {
        let run = bench.start()
        let report = try await refresh(9)
        #expect(report.answer == .noSuchUser)
        #expect(report.reason?.contains("no such user") == true)
        try await bench.stop(run)
    }

    @Test func `the breaker refuses it too, and says until when`() async throws {
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        bench.bank.answer { _, _, _ in (.misconfigured(.status(404)), .milliseconds(10)) }
        let run = bench.start()
        _ = try await refresh()
        let report = try await refresh(force: true)
        #expect(report.answer == .refused)
        #expect(report.until != nil)
        #expect(bench.bank.log.count == 1)
        try await bench.stop(run)
    }

    @Test func `is refused while the daemon stops, and leaves the user as it was`() async throws {
        try await bench.store.addFleet(2, policy: bench.policy, now: bench.world.time.now)
        bench.bank.answer { _, _, _ in (.refreshed, .seconds(20)) }
        let run = bench.start()
        let (first, second) = (try Fleet.id(0), try Fleet.id(1))
        let operations = bench.daemon.operations
        let underWay = Task(executorPreference: bench.world.executor) {
            try await operations.perform(RefreshUsers([first], force: true))
        }
        bench.world.advance(by: .seconds(1))
        bench.daemon.daemon.stop()
        bench.world.advance(by: .seconds(1))
        await #expect(throws: OperationProblem.stopping) {
            _ = try await bench.perform { try await $0.perform(RefreshUsers([second], force: true)) }
        }
        bench.world.advance(by: .minutes(1))
        let done = try await underWay.value
        #expect(done.first?.outcome == .refreshed)
        try await run.value
        let leased = try await bench.store.census(now: bench.world.time.now).leased
        #expect(leased == 0)
    }

    @Test func `a daemon that is out of touch refuses every user, so a refresh of all users ends`() throws {
        let obstacle = Admission.Obstacle.outOfTouch(until: .epoch)
        let refusal = RefreshReport.refused(try Fleet.id(0), because: obstacle).refusal
        #expect(refusal == .outOfTouch && refusal?.holdsForAll == true)
    }
}
