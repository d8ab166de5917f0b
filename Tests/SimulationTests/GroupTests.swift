import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Groups with rules of their own in virtual time, judged from the upstream's own log of calls.
@Suite struct GroupTests {
    let world = Simulation()
    let store = MemoryUserStore()

    /// Another configuration at the next reload.
    private struct NextConfiguration: ConfigurationSource {
        let policies: Policies

        func load() async throws(OperationProblem) -> LoadedConfiguration {
            LoadedConfiguration(
                settings: DaemonSettings(policies: policies), report: ReloadReport(changes: [], needRestart: []))
        }
    }

    private func group(_ name: String) throws -> GroupName { try #require(GroupName(name)) }

    private func policies() throws -> Policies {
        var trial = UserPolicy()
        trial.cadence = Cadence(every: .days(7))
        var premium = UserPolicy()
        premium.cadence = Cadence(every: .hours(6))
        premium.minimumInterval = .hours(1)
        premium.attemptsPerDay = 8
        premium.failureBackoff = Backoff(first: .hours(2), ceiling: .hours(4), jitter: .upperHalf)
        var nightly = UserPolicy()
        nightly.cadence = Cadence(every: .days(2), window: try DailyWindow("22:00", "04:00", "Europe/Berlin"))
        return Policies(
            groups: [try group("trial"): trial, try group("premium"): premium, try group("nightly"): nightly])
    }

    /// Twenty users of each group in turn, and twenty of a group that is not configured.
    private static let groups = ["trial", "premium", "nightly", "unheard.of"]

    private func add(_ count: Int, groups: [String] = groups, daemon: SimulatedDaemon) async throws {
        let entries = try (0..<count).map { number in
            UserEntry(
                id: try Fleet.id(number), token: try Fleet.token(number),
                group: try group(groups[number % groups.count]))
        }
        try await perform { _ = try await daemon.operations.perform(PutUsers(entries)) }
    }

    private func daemon(
        _ policies: Policies, _ bank: ScriptedBank, store: MemoryUserStore? = nil,
        source: any ConfigurationSource = NoConfiguration()
    ) -> SimulatedDaemon {
        SimulatedDaemon(
            in: world, store: store ?? self.store, bank: bank, settings: DaemonSettings(policies: policies),
            source: source, watchdogInterval: nil)
    }

    @Test func `each group has its own turn, window and rules, one that is not configured everybody's`() async throws {
        let bank = ScriptedBank(time: world.time)
        let daemon = daemon(try policies(), bank)
        let run = daemon.start(in: world)
        try await add(80, daemon: daemon)
        world.advance(by: .days(28))
        let expected = [4, 112, 14, 28]
        #expect(bank.callsByUser.count == 80)
        for (user, calls) in bank.callsByUser {
            #expect(abs(calls.count - expected[user % 4]) <= 1, "user \(user)")
        }
        let clock = try #require(LocalClock("Europe/Berlin"))
        let nightly = bank.callsByUser.filter { $0.key % 4 == 2 }.flatMap(\.value)
        #expect(
            nightly.allSatisfy { clock.minuteOfDay(at: $0.began) >= 1_320 || clock.minuteOfDay(at: $0.began) < 240 })
        await stop(daemon, run)
    }

    @Test func `each group has its own minimum interval, backoff and day's budget`() async throws {
        let bank = ScriptedBank(time: world.time) { _, _, _ in (.rejected(messages: []), .seconds(1)) }
        let policies = try policies()
        let daemon = daemon(policies, bank)
        let run = daemon.start(in: world)
        try await add(80, daemon: daemon)
        world.advance(by: .days(28))
        let calls = bank.callsByUser
        // Premium climbs to four hours at most; everybody else to seven days.
        #expect(calls.filter { $0.key % 4 == 1 }.values.allSatisfy { (160...320).contains($0.count) })
        #expect(calls.filter { $0.key % 4 == 3 }.values.allSatisfy { (6...13).contains($0.count) })
        for (user, log) in calls {
            let policy = policies.policy(forGroup: try group(Self.groups[user % 4]))
            #expect((log.smallestGapPerUser() ?? .days(9)) >= policy.minimumInterval)
            let days = Dictionary(grouping: log) { $0.began.day }
            #expect(days.values.allSatisfy { $0.count <= policy.attemptsPerDay })
        }
        await stop(daemon, run)
    }

    @Test func `a user that changes its group gets a slot of the new one`() async throws {
        let bank = ScriptedBank(time: world.time)
        let policies = try policies()
        let daemon = daemon(policies, bank)
        let run = daemon.start(in: world)
        try await add(40, groups: ["trial"], daemon: daemon)
        world.advance(by: .hours(7))
        try await add(40, groups: ["premium"], daemon: daemon)
        let moved = world.time.uptime
        for number in 0..<40 {
            let user = try #require(try await store.user(try Fleet.id(number)))
            let due = try #require(user.state.due)
            #expect(user.group?.rawValue == "premium")
            #expect(policies.policy(for: user).cadence.slot(of: user.place, notBefore: due) == due)
        }
        world.advance(by: .hours(12))
        let since = Dictionary(grouping: bank.log.filter { $0.beganAt > moved }) { Fleet.number(of: $0.token) }
        #expect(since.count == 40)
        #expect(since.values.allSatisfy { (1...2).contains($0.count) })
        await stop(daemon, run)
    }

    @Test func `a group that a reload brings has its window from then on`() async throws {
        let bank = ScriptedBank(time: world.time)
        let daemon = daemon(Policies(), bank, source: NextConfiguration(policies: try policies()))
        let run = daemon.start(in: world)
        try await add(60, groups: ["nightly"], daemon: daemon)
        world.advance(by: .days(2))
        #expect(bank.log.count >= 118)
        let reloaded = world.time.uptime
        try await perform { _ = try await daemon.operations.perform(ReloadConfiguration()) }
        world.advance(by: .days(8))
        let clock = try #require(LocalClock("Europe/Berlin"))
        let since = bank.log.filter { $0.beganAt > reloaded }
        #expect((240...300).contains(since.count))
        #expect(since.allSatisfy { clock.minuteOfDay(at: $0.began) >= 1_320 || clock.minuteOfDay(at: $0.began) < 240 })
        await stop(daemon, run)
    }

    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `keeps the day's budget over restarts, scheduled and manual calls together`(seed: UInt64) async throws {
        var policy = UserPolicy()
        policy.cadence = Cadence(every: .hours(8))
        policy.minimumInterval = .minutes(5)
        policy.attemptsPerDay = 4
        let bank = ScriptedBank(time: world.time) { _, _, call in
            switch call % 6 {
            case 0: (.rejected(messages: []), .seconds(1))
            case 1: (.unknown(.timeout), .seconds(20))
            case 2: (.unavailable(.notConnected), .seconds(1))
            default: (.refreshed, .seconds(1))
            }
        }
        var random = SplitMix64(seed: seed)
        try await store.addFleet(10, policy: policy, now: world.time.now)
        var store = store
        var manual = 0
        for _ in 0..<12 {
            let daemon = daemon(Policies(standard: policy), bank, store: store)
            let run = daemon.start(in: world)
            for _ in 0..<30 {
                world.advance(by: .minutes(.random(in: 1...90, using: &random)))
                let id = try Fleet.id(.random(in: 0..<10, using: &random))
                try await perform { _ = try await daemon.operations.perform(RefreshUsers([id], force: false)) }
            }
            manual += daemon.events.attempts.count { $0.attempt.trigger == .manual }
            await stop(daemon, run)
            store = store.reopened()
        }
        #expect(manual > 100)
        for calls in bank.callsByUser.values {
            let reached = calls.filter { $0.outcome != .unavailable(.notConnected) }
            // The day of a call is the one it ended in; those that may lie in two are left to other tests.
            let days = Dictionary(grouping: reached) { $0.began.advanced(by: .seconds(20)).day }
            #expect(days.values.allSatisfy { $0.count <= policy.attemptsPerDay })
            #expect(days.values.contains { $0.count == policy.attemptsPerDay })
        }
    }

    private func perform(_ operation: @escaping @Sendable () async throws -> Void) async throws {
        let task = Task(executorPreference: world.executor) { try await operation() }
        world.advance(by: .seconds(30))
        try await task.value
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        _ = await run.result
    }
}
