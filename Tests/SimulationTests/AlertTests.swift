import RefreshDaemon
import Synchronization
import TestSupport
import Testing

@testable import RefreshCore

/// What the operator of a fleet is told, and how often, over hours and days.
@Suite struct AlertTests {
    let world = Simulation()
    let store = MemoryUserStore()
    let bank: ScriptedBank

    init() {
        bank = ScriptedBank(time: world.time)
    }

    /// A fleet that is called every six hours, past its slow start.
    private func policy() -> UserPolicy {
        UserPolicy(cadence: Cadence(every: .hours(6)), minimumInterval: .hours(1), attemptsPerDay: 20)
    }

    private func daemon(
        users: Int, store: (any UserStore)? = nil, admission: Admission.Policy = .init(),
        _ change: (inout AlertPolicy) -> Void = { _ in }
    ) async throws -> SimulatedDaemon {
        if store == nil { try await self.store.addFleet(users, policy: policy(), now: world.time.now) }
        var settings = DaemonSettings(policies: Policies(standard: policy()), admission: admission)
        change(&settings.alerts)
        return SimulatedDaemon(in: world, store: store ?? self.store, bank: bank, settings: settings)
    }

    /// In a share of the users' calls, by who they are, Tight answers so between two moments of the steady clock.
    private func answer(_ outcome: Outcome, share: Int, during span: Range<Duration>) {
        let time = world.time
        bank.answer { token, _, _ in
            let number = token.secret.withBytes { $0.reduce(0) { ($0 * 31 + Int($1)) % 1_000_003 } }
            return (span.contains(time.uptime) && number % 100 < share ? outcome : .refreshed, .milliseconds(200))
        }
    }

    private func words(_ daemon: SimulatedDaemon) -> [String] {
        daemon.events.events.compactMap { event in
            switch event {
            case .alertRaised(let alert): "\(alert.kind) raised"
            case .alertEnded(let alert, _, let ending): "\(alert.kind) \(ending)"
            default: nil
            }
        }
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async throws {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        try await run.value
    }

    private func status(_ daemon: SimulatedDaemon) async throws -> StatusReport {
        let operations = daemon.operations
        let task = Task(executorPreference: world.executor) { try await operations.perform(ReadStatus()) }
        world.settle()
        return try await task.value
    }

    @Test func `an hour of rejections is told once, and its end once`() async throws {
        answer(.rejected(messages: []), share: 60, during: .hours(3) ..< .hours(4))
        let daemon = try await daemon(users: 3_000)
        let run = daemon.start(in: world)
        world.advance(by: .hours(4))
        #expect(words(daemon) == ["rejected raised"])
        let during = try await status(daemon)
        #expect(during.alerts.map(\.kind) == [.rejected])
        #expect(during.alerts.first?.text.contains("were answered FAILURE") == true)
        world.advance(by: .hours(5))
        #expect(words(daemon) == ["rejected raised", "rejected over"])
        #expect(try await status(daemon).alerts.isEmpty)
        try await stop(daemon, run)
    }

    @Test func `trouble that comes and goes at the threshold has few words`() async throws {
        // A third of the users, for twenty minutes of each forty.
        let time = world.time
        bank.answer { token, _, _ in
            let number = token.secret.withBytes { $0.reduce(0) { ($0 * 31 + Int($1)) % 1_000_003 } }
            let isBad = (time.uptime.wholeMicroseconds / Duration.minutes(20).wholeMicroseconds).isMultiple(of: 2)
            return (isBad && number % 100 < 33 ? .rejected(messages: []) : .refreshed, .milliseconds(200))
        }
        let daemon = try await daemon(users: 3_000) { $0.window = .minutes(20) }
        let run = daemon.start(in: world)
        world.advance(by: .hours(24))
        let told = words(daemon).count
        print("24 h of trouble, 20 min of each 40: \(told) entries for \(bank.log.count) calls")
        // At most two for each forty minutes by its rule: raised after ten minutes of it, over after ten without.
        #expect((2...72).contains(told))
        for pair in zip(words(daemon), words(daemon).dropFirst()) { #expect(pair.0 != pair.1) }
        try await stop(daemon, run)

        // With the usual window of an hour, the same is one trouble.
        let calmer = try await self.daemon(users: 0, store: store.reopened())
        let second = calmer.start(in: world)
        world.advance(by: .hours(24))
        #expect(words(calmer).count <= 2, "\(words(calmer))")
        try await stop(calmer, second)
    }

    @Test func `an outage that opens the breaker is told by the breaker alone`() async throws {
        answer(.unavailable(.status(503)), share: 100, during: .hours(3) ..< .hours(5))
        let daemon = try await daemon(users: 3_000)
        let run = daemon.start(in: world)
        world.advance(by: .hours(12))
        #expect(daemon.events.events.contains { if case .breaker(.opened) = $0 { true } else { false } })
        #expect(words(daemon).isEmpty)
        try await stop(daemon, run)
    }

    @Test func `an API that fails for too few to open the breaker is told`() async throws {
        answer(.unavailable(.status(503)), share: 35, during: .hours(3) ..< .hours(6))
        let daemon = try await daemon(
            users: 3_000, admission: Admission.Policy(breaker: Breaker.Policy(failureRate: 1, minimumCalls: 100)))
        let run = daemon.start(in: world)
        world.advance(by: .hours(12))
        #expect(!daemon.events.events.contains { if case .breaker(.opened) = $0 { true } else { false } })
        #expect(words(daemon) == ["api raised", "api over"])
        try await stop(daemon, run)
    }

    @Test func `a restart in the middle neither repeats an alert nor swallows its end`() async throws {
        answer(.rejected(messages: []), share: 60, during: .hours(3) ..< .hours(5))
        let first = try await daemon(users: 3_000)
        let firstRun = first.start(in: world)
        world.advance(by: .hours(4))
        #expect(words(first) == ["rejected raised"])
        try await stop(first, firstRun)

        let second = try await daemon(users: 0, store: store.reopened())
        let secondRun = second.start(in: world)
        world.advance(by: .minutes(10))
        #expect(words(second).isEmpty)
        #expect(try await status(second).alerts.map(\.kind) == [.rejected])
        world.advance(by: .hours(5))
        #expect(words(second) == ["rejected over"])
        let end = second.events.events.compactMap { event in
            if case .alertEnded(_, let lasted, _) = event { lasted } else { nil }
        }.first
        // Since the first run saw it.
        #expect(try #require(end) > .hours(2))
        try await stop(second, secondRun)

        let third = try await daemon(users: 0, store: store.reopened())
        let thirdRun = third.start(in: world)
        world.advance(by: .hours(2))
        #expect(words(third).isEmpty)
        try await stop(third, thirdRun)
    }

    @Test func `two users of whom one fails are no fleet to alert anybody about`() async throws {
        answer(.rejected(messages: []), share: 50, during: .zero ..< .days(2))
        let daemon = try await daemon(users: 2)
        let run = daemon.start(in: world)
        world.advance(by: .days(2))
        #expect(words(daemon).isEmpty)
        try await stop(daemon, run)
    }

    @Test func `users who fail for days are stale, until they are refreshed again`() async throws {
        answer(.rejected(messages: []), share: 10, during: .hours(12) ..< .days(5))
        let daemon = try await daemon(users: 500) { alerts in
            alerts.rejected.threshold = nil
            alerts.failing.threshold = nil
        }
        let run = daemon.start(in: world)
        world.advance(by: .days(4))
        #expect(words(daemon) == ["stale raised"])
        world.advance(by: .days(9))
        #expect(words(daemon) == ["stale raised", "stale over"])
        try await stop(daemon, run)
    }

    @Test func `a schedule that limits do not carry is late; a pause is not`() async throws {
        let daemon = try await daemon(
            users: 20_000, admission: Admission.Policy(requestsPerSecond: 0.5, burst: 1, slowStart: .zero))
        let run = daemon.start(in: world)
        world.advance(by: .hours(4))
        #expect(words(daemon) == ["late raised"])
        // Whoever pauses all calls need not be told that they are late, nor is it over.
        let operations = daemon.operations
        let pause = Task(executorPreference: world.executor) { try await operations.perform(PauseAll(until: nil)) }
        world.advance(by: .hours(4))
        _ = try await pause.value
        #expect(words(daemon) == ["late raised"])
        try await stop(daemon, run)

        let paused = try await self.daemon(users: 0, store: store.reopened())
        try await store.setRaisedAlerts([])
        let second = paused.start(in: world)
        world.advance(by: .hours(6))
        #expect(words(paused).isEmpty)
        try await stop(paused, second)
    }

    @Test func `a question that the store does not answer hides no alert that needs another`() async throws {
        let troubled = TroubledStore(store)
        try await troubled.addFleet(20_000, policy: policy(), now: world.time.now)
        troubled.fail(.init(refusalCounts: .unreachable(place: "memory", detail: "it takes too long")))
        let daemon = try await daemon(
            users: 0, store: troubled,
            admission: Admission.Policy(requestsPerSecond: 0.5, burst: 1, slowStart: .zero))
        let run = daemon.start(in: world)
        world.advance(by: .hours(4))
        #expect(words(daemon) == ["late raised"])
        try await stop(daemon, run)
    }

    @Test func `what the breaker explains is no alert, though the store answers half of the questions`() async throws {
        let troubled = TroubledStore(store)
        try await troubled.addFleet(2_000, policy: policy(), now: world.time.now)
        let daemon = try await daemon(users: 0, store: troubled)
        let run = daemon.start(in: world)
        world.advance(by: .hours(7))
        troubled.fail(.init(refusalCounts: .unreachable(place: "memory", detail: "it takes too long")))
        bank.answer { _, _, _ in (.unavailable(.status(503)), .milliseconds(200)) }
        world.advance(by: .hours(2))
        #expect(daemon.gate.breaker != .closed && words(daemon).isEmpty)
        try await stop(daemon, run)
    }

    @Test func `tokens that expire soon are told before they do`() async throws {
        let daemon = try await daemon(users: 100)
        let expiry = world.time.now.advanced(by: .days(5))
        let policy = policy()
        _ = try await store.put(
            [
                NewUser(
                    id: try Fleet.id(7), group: nil,
                    token: try PlainVault().seal(try Fleet.token(7), as: .access, for: Fleet.id(7)),
                    expiresAt: expiry)
            ],
            added: { NextStep.added($0.id, at: $1, group: nil, policy: policy, now: expiry) }, replaced: { $1 })
        let run = daemon.start(in: world)
        world.advance(by: .days(2) - .minutes(10))
        #expect(words(daemon).isEmpty)
        world.advance(by: .hours(1))
        #expect(words(daemon) == ["expiring raised"])
        world.advance(by: .days(4))
        #expect(words(daemon) == ["expiring raised", "expiring over"])
        try await stop(daemon, run)
    }

    @Test func `a calendar that is set alerts nobody`() async throws {
        let daemon = try await daemon(users: 1_000)
        let run = daemon.start(in: world)
        world.advance(by: .hours(3))
        for step in [Duration.days(30), .zero - .days(60), .hours(5)] {
            world.time.step(by: step)
            world.advance(by: .hours(2))
        }
        #expect(words(daemon).isEmpty)
        try await stop(daemon, run)
    }

    @Test func `alerts that are switched off by a reload end, and no other comes`() async throws {
        answer(.rejected(messages: []), share: 60, during: .hours(1) ..< .hours(9))
        try await store.addFleet(3_000, policy: policy(), now: world.time.now)
        let settings = DaemonSettings(policies: Policies(standard: policy()))
        let file = ChangingFile(settings)
        let daemon = SimulatedDaemon(in: world, store: store, bank: bank, settings: settings, source: file)
        let run = daemon.start(in: world)
        world.advance(by: .hours(3))
        #expect(words(daemon) == ["rejected raised"])
        var off = settings
        off.alerts.isEnabled = false
        file.write(off)
        let operations = daemon.operations
        let reload = Task(executorPreference: world.executor) { try await operations.perform(ReloadConfiguration()) }
        world.advance(by: .hours(3))
        _ = try await reload.value
        #expect(words(daemon) == ["rejected raised", "rejected switchedOff"])
        try await stop(daemon, run)
    }

    @Test func `a quiet fleet is read once an hour, a busy one every five minutes`() async throws {
        let counting = TroubledStore(store)
        try await store.addFleet(3, policy: policy(), now: world.time.now)
        let daemon = try await daemon(users: 0, store: counting)
        let run = daemon.start(in: world)
        world.advance(by: .hours(24))
        // Three users make twelve calls a day.
        let quiet = counting.surveys
        #expect((24...24 + 12 + 2).contains(quiet), "\(quiet)")
        try await store.addFleet(5_000, policy: policy(), now: world.time.now)
        daemon.scheduler.reschedule()
        world.advance(by: .hours(24))
        let busy = counting.surveys - quiet
        #expect((260...24 * 12 + 2).contains(busy), "\(busy)")
        try await stop(daemon, run)
    }
}
