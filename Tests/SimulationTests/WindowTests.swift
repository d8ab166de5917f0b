import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Fleets with a window in virtual time, judged from the upstream's own log of calls and Foundation's clock.
@Suite struct WindowTests {
    /// 2026-09-21, noon in the zones of Europe: a year from then has both changes of the clock in either hemisphere.
    let world = Simulation(startingAt: Timestamp(secondsSinceEpoch: 1_789_984_800))
    let store = MemoryUserStore()

    static func policy(_ window: DailyWindow?, days: Int64 = 1) -> UserPolicy {
        var policy = UserPolicy()
        policy.cadence = Cadence(every: .days(days), window: window)
        return policy
    }

    func daemon(_ policy: UserPolicy, _ bank: ScriptedBank, store: MemoryUserStore? = nil) -> SimulatedDaemon {
        SimulatedDaemon(
            in: world, store: store ?? self.store, bank: bank,
            settings: DaemonSettings(policies: Policies(standard: policy)), watchdogInterval: nil)
    }

    @Test func `calls every user once on every local day of a year, and only within its window`() async throws {
        let zones = [
            "UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kathmandu",
        ]
        // A group of thirty users for each zone and each of two windows.
        var groups: [GroupName: (window: DailyWindow, clock: LocalClock)] = [:]
        for zone in zones {
            for (name, from, to) in [("night", "01:00", "05:30"), ("midnight", "22:00", "04:00")] {
                let group = try #require(GroupName("\(name).\(zone.replacing("/", with: "."))"))
                let window = try #require(try DailyWindow(from, to, zone))
                groups[group] = (window, try #require(LocalClock(zone)))
            }
        }
        let names = groups.keys.sorted { $0.rawValue < $1.rawValue }
        let policies = Policies(groups: groups.mapValues { Self.policy($0.window) })
        let now = world.time.now
        let users = try Fleet.entries(360).enumerated().map {
            NewUser(id: $1.id, group: names[$0 % names.count], token: $1.token, expiresAt: nil)
        }
        _ = try await store.put(
            users,
            added: {
                NextStep.added($0.id, at: $1, group: $0.group, policy: policies.policy(forGroup: $0.group), now: now)
            },
            replaced: { $1 })
        let bank = ScriptedBank(time: world.time)
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank, settings: DaemonSettings(policies: policies), watchdogInterval: nil)
        let run = daemon.start(in: world)
        world.advance(by: .days(366))

        #expect(bank.callsByUser.count == 360)
        for (user, calls) in bank.callsByUser {
            let (window, clock) = try #require(groups[names[user % names.count]])
            #expect(calls.allSatisfy { window.shows($0.began, on: clock) }, "user \(user)")
            // The days on which the windows of the calls began: one after the other, none twice and none left out.
            let days = calls.map { (clock.minutes(at: $0.began) - window.from.minutes) / 1_440 }
            let first = try #require(days.first)
            #expect((0...1).contains(first - clock.day(at: now)))
            #expect(days == Array(first..<first + Int64(days.count)), "user \(user)")
            #expect(days.count >= 365)
        }
        await stop(daemon, run)
    }

    @Test func `calls everybody right after the gap where the clock skips the whole window`() async throws {
        let clock = try #require(LocalClock("Europe/Berlin"))
        let window = try #require(try DailyWindow("02:00", "03:00", "Europe/Berlin"))
        world.advance(by: .days(180))
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(40, policy: Self.policy(window), now: world.time.now)
        let daemon = daemon(Self.policy(window), bank)
        let run = daemon.start(in: world)
        world.advance(by: .days(20))
        #expect(bank.callsByUser.count == 40)
        for (user, calls) in bank.callsByUser {
            let days = calls.map { clock.day(at: $0.began) }
            #expect(days == Array((days.first ?? 0)..<(days.first ?? 0) + Int64(days.count)), "user \(user)")
        }
        let other = bank.log.filter { !window.shows($0.began, on: clock) }
        #expect(other.count == 40)
        #expect(other.allSatisfy { $0.began.description.hasPrefix("2027-03-28T01:") })
        await stop(daemon, run)
    }

    @Test(arguments: [1, 7] as [Int64])
    func `spreads the fleet evenly over the window, on the days the clock is set too`(days: Int64) async throws {
        let window = try #require(try DailyWindow("01:00", "05:30", "Europe/Berlin"))
        let start = try #require(Timestamp(rfc3339: "2026-10-20T12:00:00Z"))
        let world = Simulation(startingAt: start)
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(Int(3_600 * days), policy: Self.policy(window, days: days), now: start)
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank,
            settings: DaemonSettings(policies: Policies(standard: Self.policy(window, days: days))),
            watchdogInterval: nil)
        let run = daemon.start(in: world)
        world.advance(by: .days(7))
        // Summer time ends on the 25th: the window of that day is an hour longer.
        for (opens, hours) in [("2026-10-24T23:00:00Z", 11), ("2026-10-26T00:00:00Z", 9)] {
            let opening = try #require(Timestamp(rfc3339: opens))
            let begun = bank.log.map { opening.duration(to: $0.began) }.filter { $0 >= .zero && $0 < .hours(6) }
            let parts = Dictionary(grouping: begun) { $0.wholeMicroseconds / 1_800_000_000 }
            #expect(begun.count > 3_200 && begun.count < 4_000)
            #expect(parts.keys.sorted() == Array(0..<Int64(hours)))
            // Five standard deviations either way.
            let expected = begun.count / hours
            #expect(parts.values.allSatisfy { abs($0.count - expected) < 110 }, "\(parts.mapValues(\.count))")
        }
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        _ = await run.result
    }

    @Test func `puts off to the next window whom a machine that slept could not call`() async throws {
        let clock = try #require(LocalClock("Europe/Berlin"))
        let window = try #require(try DailyWindow("01:00", "05:30", "Europe/Berlin"))
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(300, policy: Self.policy(window), now: world.time.now)
        let daemon = daemon(Self.policy(window), bank)
        let machine = Simulation.Process(world)
        let run = daemon.start(on: machine.executor)
        // From noon to noon, to midnight; asleep until nine; then three nights more, one of them with an hour's sleep.
        world.advance(by: .hours(36), processes: [machine])
        #expect(bank.log.count == 300)
        world.advance(by: .hours(9))
        world.advance(by: .hours(16), processes: [machine])
        #expect(bank.log.count == 300)
        world.advance(by: .hours(2), processes: [machine])
        let inTime = bank.log.count
        #expect((340...480).contains(inTime))
        world.advance(by: .hours(1))
        world.advance(by: .minutes(5), processes: [machine])
        #expect(bank.log.count > inTime)
        world.advance(by: .hours(33), processes: [machine])

        #expect(bank.log.count == 900)
        #expect(bank.log.allSatisfy { window.shows($0.began, on: clock) })
        #expect(bank.callsByUser.values.allSatisfy { Set($0.map { clock.day(at: $0.began) }).count == 3 })
        let missed = daemon.events.events.filter { if case .windowMissed = $0 { true } else { false } }
        #expect(missed == [.windowMissed(users: 300)])
        daemon.daemon.stop()
        world.advance(by: .minutes(1), processes: [machine])
        _ = await run.result
    }

    @Test func `says so when a window is too short for the fleet, and still calls nobody after it`() async throws {
        let clock = try #require(LocalClock("America/New_York"))
        let window = try #require(try DailyWindow("23:55", "00:05", "America/New_York"))
        let bank = ScriptedBank(time: world.time)
        try await store.addFleet(900, policy: Self.policy(window), now: world.time.now)
        var settings = DaemonSettings(policies: Policies(standard: Self.policy(window)))
        settings.admission = Admission.Policy(requestsPerSecond: 1, burst: 1, concurrency: .fixed(4))
        let daemon = SimulatedDaemon(
            in: world, store: store, bank: bank, settings: settings, watchdogInterval: nil)
        let run = daemon.start(in: world)
        world.advance(by: .days(4))
        #expect(bank.log.allSatisfy { window.shows($0.began, on: clock) })
        let missed = daemon.events.events.compactMap { event -> Int? in
            if case .windowMissed(let users) = event { users } else { nil }
        }
        #expect(missed.count == 4)
        #expect(missed.allSatisfy { (290...310).contains($0) }, "\(missed)")
        await stop(daemon, run)
    }

    @Test func `retries within the window, and lets no failure bring a call forward`() async throws {
        let clock = try #require(LocalClock("Australia/Lord_Howe"))
        let window = try #require(try DailyWindow("22:00", "04:00", "Australia/Lord_Howe"))
        var policy = Self.policy(window)
        policy.failureBackoff.first = .hours(1)
        policy.minimumInterval = .minutes(30)
        let bank = ScriptedBank(time: world.time) { _, _, call in
            switch call % 5 {
            case 0: (.rejected(messages: []), .seconds(2))
            case 1: (.unavailable(.status(503)), .seconds(1))
            case 2: (.throttled(retryAfter: .minutes(20)), .seconds(1))
            case 3: (.unknown(.timeout), .minutes(2))
            default: (.refreshed, .seconds(1))
            }
        }
        try await store.addFleet(50, policy: policy, now: world.time.now)
        let daemon = daemon(policy, bank)
        let run = daemon.start(in: world)
        world.advance(by: .days(60))
        #expect(bank.log.count > 2_000)
        #expect(bank.log.allSatisfy { window.shows($0.began, on: clock) })
        #expect(bank.callsByUser.count == 50)
        for calls in bank.callsByUser.values {
            for (call, next) in zip(calls, calls.dropFirst()) where call.outcome == .unknown(.timeout) {
                #expect(next.beganAt - (call.endedAt ?? call.beganAt) >= policy.minimumInterval)
            }
        }
        await stop(daemon, run)
    }

    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func `keeps window and minimum interval over restarts, clock steps and commands`(seed: UInt64) async throws {
        let clock = try #require(LocalClock("Europe/Berlin"))
        let window = try #require(try DailyWindow("22:00", "04:00", "Europe/Berlin"))
        let policy = Self.policy(window)
        let bank = ScriptedBank(time: world.time) { _, _, call in
            call % 7 == 0 ? (.rejected(messages: []), .seconds(1)) : (.refreshed, .seconds(1))
        }
        var random = SplitMix64(seed: seed)
        try await store.addFleet(30, policy: policy, now: world.time.now)
        var attempts: [Attempt] = []
        var store = store
        for _ in 0..<25 {
            let daemon = daemon(policy, bank, store: store)
            let run = daemon.start(in: world)
            for _ in 0..<4 {
                world.advance(by: .minutes(.random(in: 10...1_500, using: &random)))
                let id = try Fleet.id(.random(in: 0..<30, using: &random))
                let operations = daemon.operations
                switch Int.random(in: 0..<5, using: &random) {
                case 0: world.time.step(by: .minutes(.random(in: -1_500...1_500, using: &random)))
                case 1: await perform { _ = try await operations.perform(PauseUser(id, until: nil)) }
                case 2: await perform { _ = try await operations.perform(ResumeUser(id)) }
                default: await perform { _ = try await operations.perform(RefreshUsers([id], force: false)) }
                }
            }
            attempts += daemon.events.attempts.map(\.attempt)
            await stop(daemon, run)
            store = store.reopened()
        }
        #expect(bank.log.smallestGapPerUser() ?? .zero >= policy.minimumInterval)
        let scheduled = attempts.filter { $0.trigger == .schedule }
        #expect(scheduled.count > 500)
        #expect(scheduled.allSatisfy { window.shows($0.startedAt, on: clock) })
        #expect(attempts.contains { $0.trigger == .manual && !window.shows($0.startedAt, on: clock) })
        #expect(Set(bank.callsByUser.keys).count == 30)
    }

    private func perform(_ operation: @escaping @Sendable () async throws -> Void) async {
        let task = Task(executorPreference: world.executor) { try await operation() }
        world.advance(by: .seconds(5))
        _ = await task.result
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        _ = await run.result
    }
}
