import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

@Suite struct StoreTroubleTests {
    let bench = Workbench()

    @Test func `nobody is called while a lease cannot be written`() async throws {
        try await bench.store.addFleet(50, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.store.fail(.init(writes: .full(place: "store")))
        bench.world.advance(by: .days(1))
        #expect(bench.bank.log.isEmpty)
        bench.store.fail(.init())
        bench.world.advance(by: .hours(1))
        #expect(bench.bank.log.count == 50)
        try await bench.stop(run)
    }

    @Test func `trouble is told once, and once that it is over`() async throws {
        try await bench.store.addFleet(50, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.store.fail(.init(writes: .full(place: "store")))
        bench.world.advance(by: .days(1))
        bench.store.fail(.init())
        bench.world.advance(by: .hours(1))
        let failed = bench.events.count { if case .storeFailed = $0 { true } else { false } }
        #expect(failed == 1)
        #expect(bench.events.count { $0 == .storeRecovered } == 1)
        try await bench.stop(run)
    }

    @Test func `trouble is told in words, to whoever asks how things are`() async throws {
        try await bench.store.addFleet(50, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let since = bench.world.time.now
        bench.store.fail(.init(writes: .full(place: "/srv/store")))
        bench.world.advance(by: .hours(12))
        let words = "The store does not work: the disk that holds /srv/store is full"
        #expect(
            bench.events.contains(
                .storeFailed(detail: "the disk that holds /srv/store is full (make room; nothing is lost)")))
        let last = bench.daemon.notifier.messages.last { if case .status = $0 { true } else { false } }
        guard case .status(let line)? = last else {
            Issue.record("no status was told")
            return
        }
        #expect(line.hasPrefix(words + "; no calls are made until it does"))
        let status = try await bench.perform { try await $0.perform(ReadStatus()) }
        #expect(status.summary.hasPrefix(words))
        #expect(status.storeTrouble?.problem == "the disk that holds /srv/store is full")
        #expect(status.storeTrouble?.remedy == "make room; nothing is lost")
        let moment = try #require(status.storeTrouble.flatMap { Timestamp(rfc3339: $0.since) })
        #expect(since.duration(to: moment) <= .minutes(2))
        bench.store.fail(.init())
        bench.world.advance(by: .minutes(1))
        #expect(try await bench.perform { try await $0.perform(ReadStatus()) }.storeTrouble == nil)
        try await bench.stop(run)
    }

    @Test func `a store that cannot be written is found out and told though nobody is due, and until it can`()
        async throws
    {
        let run = bench.start()
        bench.store.fail(.init(writes: .full(place: "store")))
        bench.world.advance(by: .minutes(2))
        func told() -> [Event] {
            bench.events.filter {
                switch $0 {
                case .storeFailed, .storeRecovered: true
                default: false
                }
            }
        }
        #expect(told().count == 1)
        bench.world.advance(by: .hours(12))
        #expect(told().count == 1)
        #expect(bench.daemon.notifier.messages.count { $0 == .alive } > 1_000)
        bench.store.fail(.init())
        bench.world.advance(by: .minutes(1))
        #expect(told().last == .storeRecovered)
        try await bench.stop(run)
    }

    @Test func `results wait for a store that fails, none is lost`() async throws {
        bench.bank.answer { _, _, _ in (.refreshed, .seconds(30)) }
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let id = try Fleet.id(0)
        let operations = bench.daemon.operations
        let call = Task(executorPreference: bench.world.executor) {
            try await operations.perform(RefreshUsers([id], force: false))
        }
        bench.world.advance(by: .seconds(1))
        bench.store.fail(.init(writes: .full(place: "store")))
        bench.world.advance(by: .minutes(5))
        bench.store.fail(.init())
        bench.world.advance(by: .minutes(1))
        let report = try await call.value
        #expect(report.first?.outcome == .refreshed)
        let success = try await bench.store.user(id)?.record.lastSuccess
        #expect(success != nil)
        try await bench.stop(run)
    }

    @Test func `a full disk is no reason to be killed, a silent store is`() async throws {
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .days(1))
        func alive() -> Int { bench.daemon.notifier.messages.count { $0 == .alive } }
        bench.store.fail(.init(writes: .full(place: "store")))
        let before = alive()
        bench.world.advance(by: .minutes(10))
        #expect(alive() > before + 10)
        bench.store.fail(.init(reads: .unreachable(place: "store", detail: "gone")))
        bench.world.advance(by: .seconds(40))
        let silent = alive()
        bench.world.advance(by: .minutes(10))
        #expect(alive() == silent)
        bench.store.fail(.init())
        bench.world.advance(by: .minutes(1))
        try await bench.stop(run)
    }

    @Test(arguments: [
        StoreProblem.unreachable(place: "postgresql://user@host/database", detail: "gone"),
        .notAllowed(place: "postgresql://user@host/database", detail: "no entry for this host"),
    ])
    func `a server that is away for minutes, or refuses, is no reason to be killed`(gone: StoreProblem) async throws {
        try await bench.store.addFleet(1, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        bench.world.advance(by: .days(1))
        func alive() -> Int { bench.daemon.notifier.messages.count { $0 == .alive } }
        bench.store.fail(.init(writes: gone, reads: gone))
        for _ in 0..<20 {
            let before = alive()
            bench.world.advance(by: .seconds(45))
            #expect(alive() > before)
        }
        guard case .status(let status)? = bench.daemon.notifier.messages.last(where: { $0 != .alive }) else {
            Issue.record("no status")
            return
        }
        #expect(status.contains("no calls are made until it does"), "\(status)")
        bench.store.fail(.init())
        bench.world.advance(by: .minutes(1))
        try await bench.stop(run)
    }

    @Test func `a store that is not in its place calls nobody, is told, kills nobody, and goes on when it is back`()
        async throws
    {
        try await bench.store.addFleet(50, policy: bench.policy, now: bench.world.time.now)
        let run = bench.start()
        let notifier = bench.daemon.notifier
        let problem = StoreProblem.displaced(place: "/store", detail: "/store is gone")
        bench.store.fail(.init(place: problem))
        // Nobody is due for hours: the turns that the watchdog hears of find it out.
        bench.world.advance(by: .seconds(15))
        let told = "\(problem) (put the file back where it was; the daemon then resumes by itself)"
        #expect(bench.events.contains(.storeFailed(detail: told)))
        let line = "The store does not work: \(problem); no calls are made until it does, 0 in flight"
        #expect(notifier.messages.contains(.status(line)))
        let before = notifier.messages.count { $0 == .alive }
        bench.world.advance(by: .days(1))
        #expect(bench.bank.log.isEmpty)
        #expect(notifier.messages.count { $0 == .alive } > before + 1_000)
        let status = try await bench.perform { try await $0.perform(ReadStatus()) }
        #expect(status.storeTrouble?.problem == problem.description)
        #expect(status.summary.hasPrefix("The store does not work: \(problem)"))
        await #expect(throws: problem) {
            try await bench.perform {
                try await $0.perform(PutUsers([UserEntry(id: Fleet.id(99), token: Fleet.token(99))]))
            }
        }
        bench.store.fail(.init())
        bench.world.advance(by: .hours(1))
        #expect(bench.bank.log.count == 50)
        #expect(bench.events.count { $0 == .storeRecovered } == 1)
        let after = try await bench.perform { try await $0.perform(ReadStatus()) }
        #expect(after.storeTrouble == nil && after.summary.hasPrefix("Refreshing"))
        try await bench.stop(run)
    }

    @Test func `results that come together are written together`() async throws {
        var settings = DaemonSettings()
        settings.admission = Admission.Policy(requestsPerSecond: 10_000, burst: 1_000, concurrency: .fixed(200))
        let bench = Workbench(settings: settings)
        try await bench.store.addFleet(200, policy: bench.policy, now: bench.world.time.now)
        bench.world.advance(by: .days(2))
        let answered = bench.world.time.now.advanced(by: .seconds(30))
        bench.bank.answer { _, now, _ in (.refreshed, now.duration(to: answered)) }
        let run = bench.start()
        bench.world.advance(by: .minutes(1))
        #expect(bench.bank.log.count == 200)
        #expect(bench.store.settledBatches.contains { $0 > 50 })
        try await bench.stop(run)
    }
}
