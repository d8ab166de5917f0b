import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Tokens that expire, over months in virtual time: judged from the upstream's own books, the events and the lists.
@Suite struct RenewalTests {
    let world = Simulation()
    let store = MemoryUserStore()

    private func daemon(
        _ office: TokenOffice, store: MemoryUserStore? = nil, renews: Bool = true,
        settings: DaemonSettings = DaemonSettings()
    ) -> SimulatedDaemon {
        SimulatedDaemon(
            in: world, store: store ?? self.store, bank: office, renewing: renews ? office : nil, settings: settings,
            watchdogInterval: nil)
    }

    /// A fleet with tokens of the office's, and a daemon at work for it.
    func begin(
        _ count: Int, _ office: TokenOffice, withRefreshTokens: Bool = true,
        settings: DaemonSettings = DaemonSettings()
    ) async throws -> (daemon: SimulatedDaemon, run: Task<Void, any Error>) {
        let daemon = daemon(office, settings: settings)
        let run = daemon.start(in: world)
        let entries = try office.entries(count, withRefreshTokens: withRefreshTokens)
        let operations = daemon.operations
        _ = try await perform { try await operations.perform(PutUsers(entries)) }
        return (daemon, run)
    }

    @Test(arguments: [true, false])
    func `renews every token in time, once a life and not all at once`(withRefreshTokens: Bool) async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(90))
        let began = world.time.now
        let (daemon, run) = try await begin(80, office, withRefreshTokens: withRefreshTokens)
        world.advance(by: .days(180))
        #expect(office.refusedCalls == 0)
        #expect(parked(daemon).isEmpty)
        let byUser = Dictionary(grouping: office.requests, by: \.user)
        #expect(byUser.count == 80)
        for (user, requests) in byUser {
            #expect(requests.count == 2, "user \(user)")
            #expect(requests.allSatisfy { $0.isGranted })
            let age = began.duration(to: requests[0].at)
            #expect(age >= .days(90) * 0.75 && age <= .days(90) * 0.85 + .hours(1), "user \(user): \(age)")
        }
        let firstDays = Dictionary(grouping: byUser.values.map { $0[0].at.day }, by: \.self).mapValues(\.count)
        #expect(firstDays.values.max() ?? .max < 24)
        // A refresh token that came with the first renewal serves the second.
        let kinds = Set(office.requests.map(\.kind))
        #expect(kinds == (withRefreshTokens ? [.refreshToken] : [.clientCredentials, .refreshToken]))
        await stop(daemon, run)
    }

    @Test func `tokens that are renewed alert nobody, however short they live; those that cannot be do`() async throws {
        func told(_ daemon: SimulatedDaemon) -> [Int?] {
            daemon.events.events.compactMap { event in
                if case .alertRaised(let alert) = event, alert.kind == .expiring { alert.figure.users } else { nil }
            }
        }
        let short = TokenOffice(time: world.time, lifetime: .hours(1))
        let (daemon, run) = try await begin(40, short)
        world.advance(by: .days(3))
        #expect(told(daemon).isEmpty)
        let status = try await perform { [operations = daemon.operations] in try await operations.perform(ReadStatus())
        }
        #expect(status.health.level == .well, "\(status.health)")
        await stop(daemon, run)

        let long = TokenOffice(time: world.time, lifetime: .days(10))
        long.answer { user, _ in user < 7 ? .refuse : .grant }
        let other = self.daemon(long, store: MemoryUserStore())
        let second = other.start(in: world)
        let entries = try long.entries(40)
        _ = try await perform { [operations = other.operations] in try await operations.perform(PutUsers(entries)) }
        world.advance(by: .days(7))
        #expect(told(other).isEmpty)
        world.advance(by: .days(2) + .hours(12))
        #expect(told(other).count == 1)
        let raised = try await perform { [operations = other.operations] in try await operations.perform(ReadStatus()) }
        #expect(raised.alerts.first { $0.kind == .expiring }?.users == 7)
        #expect(raised.health.findings.first?.kind == .tokensExpiring)
        await stop(other, second)
    }

    @Test func `a token that is refused is renewed once, and the call is made again at once`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(90))
        let (daemon, run) = try await begin(50, office)
        world.advance(by: .days(3))
        office.revokeAccess(of: 0..<20)
        world.advance(by: .days(3))
        #expect(office.refusedCalls == 20)
        #expect(office.requests.count == 20 && office.requests.allSatisfy { $0.isGranted })
        #expect(parked(daemon).isEmpty)
        #expect(office.refreshed.values.allSatisfy { (5...7).contains($0) })
        // For the user it was one attempt, and a good one.
        #expect(daemon.events.attempts.allSatisfy { $0.attempt.outcome == .refreshed })
        await stop(daemon, run)
    }

    @Test func `answers that are lost on the way cost nobody the token`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10))
        office.answer { user, request in (user + request) % 3 == 0 ? .loseAnswer : .grant }
        let (daemon, run) = try await begin(60, office)
        world.advance(by: .days(60))
        #expect(parked(daemon).isEmpty)
        #expect(office.overlaps == 0)
        #expect(office.requests.contains { $0.kind == .clientCredentials && $0.isGranted })
        #expect(office.refreshed.count == 60)
        #expect(office.refreshed.values.allSatisfy { $0 >= 56 })
        await stop(daemon, run)
    }

    @Test func `an answer lost just before a call parks nobody, though it ended the token of the call`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10))
        let (first, firstRun) = try await begin(40, office)
        await stop(first, firstRun)
        // Every renewal is overdue, and comes with a call; every token is still good.
        world.advance(by: .days(9))
        office.answer { _, request in request < 40 ? .loseAnswer : .grant }
        let daemon = daemon(office, store: store.reopened())
        let run = daemon.start(in: world)
        world.advance(by: .hours(23))
        #expect(parked(daemon).isEmpty)
        #expect(office.refusedCalls > 0)
        #expect(office.refreshed.count == 40)
        await stop(daemon, run)
    }

    @Test func `who cannot be renewed is called until the token expires, then parked once with the way out`()
        async throws
    {
        let office = TokenOffice(time: world.time, lifetime: .days(10))
        office.answer { user, _ in user < 5 ? .refuse : .grant }
        let (daemon, run) = try await begin(20, office)
        world.advance(by: .days(30))
        #expect(Set(parked(daemon)) == Set((0..<5).map { "user-\($0)" }))
        #expect(parked(daemon).count == 5)
        let told = daemon.events.events.filter { if case .renewalRefused = $0 { true } else { false } }
        #expect(told.count == 5)
        for user in 0..<5 { #expect((9...11).contains(office.refreshed[user] ?? 0), "user \(user)") }
        // Ahead of expiry and once it was refused, with each grant: no more.
        #expect(office.requests.count { $0.user < 5 } == 5 * 4)
        let operations = daemon.operations
        let report = try await perform { try await operations.perform(ShowUser(Fleet.id(0))) }
        #expect(report.mend == "bankrefreshd users add user-0 (with a new token)")

        let entry = try office.issue(to: 0)
        #expect(try await perform { try await operations.perform(PutUsers([entry])) } == [.released])
        world.advance(by: .days(2))
        #expect((office.refreshed[0] ?? 0) > 11)
        await stop(daemon, run)
    }

    @Test func `wrong client credentials park nobody and are tried rarely`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10))
        office.answer { _, _ in .fail(.misconfigured(.renewalRefused(status: 401))) }
        let (daemon, run) = try await begin(500, office)
        world.advance(by: .days(20))
        #expect(parked(daemon).isEmpty)
        // Suspended at the first, then a few at each pause of at most a quarter of an hour.
        #expect(office.requests.count < 13 * 96 * 4)
        #expect(daemon.events.events.contains { if case .renewalsSuspended = $0 { true } else { false } })
        let breakerOpened = daemon.events.events.contains { if case .breaker(.opened) = $0 { true } else { false } }
        #expect(!breakerOpened)

        office.answer { _, _ in .grant }
        world.advance(by: .days(2))
        #expect(daemon.events.events.contains { if case .renewalsResumed = $0 { true } else { false } })
        let before = office.refreshed
        world.advance(by: .days(1))
        #expect(before.count == 500)
        #expect(office.refreshed.allSatisfy { $0.value > before[$0.key] ?? 0 })
        await stop(daemon, run)
    }

    @Test func `a token that outlives no wait is renewed with the call, not in between`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .hours(1))
        let (daemon, run) = try await begin(30, office)
        world.advance(by: .days(10))
        #expect(parked(daemon).isEmpty)
        #expect(office.refusedCalls == 0)
        #expect(office.refreshed.values.allSatisfy { (9...11).contains($0) })
        #expect(office.requests.count <= 30 * 11)
        await stop(daemon, run)
    }

    @Test func `who is paused keeps a token that is good, who is parked is left alone`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10))
        let (daemon, run) = try await begin(2, office)
        let operations = daemon.operations
        _ = try await perform { try await operations.perform(PauseUser(Fleet.id(0), until: nil)) }
        office.answer { user, _ in user == 1 ? .refuse : .grant }
        office.revokeAccess(of: [1])
        world.advance(by: .days(100))
        #expect(parked(daemon) == ["user-1"])
        #expect((9...14).contains(office.requests.count { $0.user == 0 }))
        #expect(office.requests.count { $0.user == 1 } == 2)
        #expect(office.refreshed.isEmpty)
        _ = try await perform { try await operations.perform(ResumeUser(Fleet.id(0))) }
        world.advance(by: .days(1))
        #expect(office.refreshed[0] == 1)
        #expect(office.refusedCalls == 1)
        await stop(daemon, run)
    }

    @Test func `a token that the operator brings meanwhile wins`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10), latency: .seconds(20))
        let (daemon, run) = try await begin(1, office)
        let operations = daemon.operations
        office.revokeAccess(of: [0])
        while office.requests.isEmpty { world.advance(by: .seconds(5)) }
        // The request is under way; its answer brings a pair that is older than this one.
        world.advance(by: .seconds(12))
        let entry = try office.issue(to: 0)
        _ = try await perform { try await operations.perform(PutUsers([entry])) }
        world.advance(by: .days(2))
        #expect(parked(daemon).isEmpty)
        #expect(office.refusedCalls == 1)
        #expect(office.requests.count == 1)
        #expect(office.refreshed[0] == 2 || office.refreshed[0] == 3)
        await stop(daemon, run)
    }

    @Test func `a token that the operator brings after a renewal ended it parks nobody`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10), latency: .seconds(20))
        let (daemon, run) = try await begin(1, office)
        let operations = daemon.operations
        // As when somebody signs in: the token that is stored ends. Its refresh token is refused, the client's
        // credentials are not, and with the pair that they bring, the operator's ends, too.
        let entry = try office.issue(to: 0)
        while office.requests.count < 2 { world.advance(by: .seconds(5)) }
        while !office.requests[1].isGranted { world.advance(by: .seconds(1)) }
        _ = try await perform { try await operations.perform(PutUsers([entry])) }
        world.advance(by: .days(3))
        #expect(parked(daemon).isEmpty)
        #expect(office.refreshed[0] ?? 0 >= 2)
        await stop(daemon, run)
    }

    @Test func `a process that dies at any moment loses no token and parks nobody`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .hours(2), latency: .seconds(40))
        var settings = DaemonSettings()
        settings.policies.standard = UserPolicy(
            cadence: Cadence(every: .minutes(20)), minimumInterval: .minutes(5), attemptsPerDay: 1_000)
        let (first, firstRun) = try await begin(40, office, settings: settings)
        await stop(first, firstRun)
        var random = SplitMix64(seed: 4)
        var lives: [SimulatedDaemon] = []
        var current = store
        for _ in 0..<150 {
            current = current.reopened()
            let life = daemon(office, store: current, settings: settings)
            let process = Simulation.Process(world)
            let run = life.start(on: process.executor)
            let span = Duration.seconds(Int64.random(in: 20...3_000, using: &random))
            world.advance(by: span, processes: [process])
            run.cancel()
            lives.append(life)
        }
        let last = daemon(office, store: current.reopened(), settings: settings)
        let run = last.start(in: world)
        world.advance(by: .hours(3))
        let before = office.refreshed
        world.advance(by: .hours(1))
        #expect(lives.flatMap(parked).isEmpty && parked(last).isEmpty)
        #expect(office.refreshed.count == 40)
        #expect(office.refreshed.allSatisfy { $0.value >= (before[$0.key] ?? 0) + 2 })
        #expect(office.requests.count > 40 * 10)
        await stop(last, run)
    }

    @Test func `a renewal that a crash cut off is no call, and is made again`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10), latency: .seconds(40))
        let (first, firstRun) = try await begin(1, office)
        await stop(first, firstRun)
        let doomed = daemon(office, store: store.reopened())
        let process = Simulation.Process(world)
        let run = doomed.start(on: process.executor)
        while office.requests.isEmpty { world.advance(by: .seconds(10), processes: [process]) }
        run.cancel()
        let calls = office.refreshed[0]
        let last = daemon(office, store: store.reopened())
        let lastRun = last.start(in: world)
        world.advance(by: .minutes(2))
        #expect(office.requests.count >= 2)
        #expect(office.requests.contains { $0.isGranted })
        #expect(last.events.attempts.isEmpty && office.refreshed[0] == calls)
        world.advance(by: .days(1))
        #expect(last.events.attempts.count == 1)
        #expect(last.events.attempts.allSatisfy { $0.attempt.outcome == .refreshed })
        await stop(last, lastRun)
    }

    @Test func `a new token is on the disk before anybody uses it`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10))
        let troubled = TroubledStore(store)
        let daemon = SimulatedDaemon(
            in: world, store: troubled, bank: office, renewing: office, settings: DaemonSettings(),
            watchdogInterval: nil)
        let run = daemon.start(in: world)
        let entries = try office.entries(1)
        let operations = daemon.operations
        _ = try await perform { try await operations.perform(PutUsers(entries)) }
        office.revokeAccess(of: [0])
        office.answer { _, _ in
            troubled.fail(.init(writes: .full(place: "memory")))
            return .grant
        }
        world.advance(by: .days(2))
        #expect(office.requests.count == 1)
        #expect(office.refreshed.isEmpty)
        troubled.fail(.init())
        world.advance(by: .minutes(1))
        #expect(office.refreshed[0] == 1)
        #expect(office.refusedCalls == 1)
        #expect(parked(daemon).isEmpty)
        await stop(daemon, run)
    }

    @Test func `who was renewed while the store handed no lease back is called again`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10))
        let troubled = TroubledStore(store)
        let daemon = SimulatedDaemon(
            in: world, store: troubled, bank: office, renewing: office, settings: DaemonSettings(),
            watchdogInterval: nil)
        let run = daemon.start(in: world)
        let entries = try office.entries(1)
        let operations = daemon.operations
        _ = try await perform { try await operations.perform(PutUsers(entries)) }
        office.answer { _, _ in
            troubled.fail(.init(releases: .full(place: "memory")))
            return .grant
        }
        while office.requests.isEmpty { world.advance(by: .minutes(10)) }
        world.advance(by: .minutes(10))
        troubled.fail(.init())
        let before = office.refreshed[0] ?? 0
        world.advance(by: .days(3))
        #expect((office.refreshed[0] ?? 0) >= before + 3)
        await stop(daemon, run)
    }

    @Test func `without client credentials it says so, and who expires first`() async throws {
        let office = TokenOffice(time: world.time, lifetime: .days(10))
        let entries = try office.entries(30)
        let vault = PlainVault()
        _ = try await store.put(
            entries.map {
                NewUser(
                    id: $0.id, group: nil, token: try vault.seal($0.token, as: .access, for: $0.id),
                    expiresAt: $0.expiresAt)
            },
            added: { [time = world.time] new, place in
                NextStep.added(new.id, at: place, group: nil, policy: UserPolicy(), now: time.now)
            },
            replaced: { $1 })
        let daemon = daemon(office, renews: false)
        let run = daemon.start(in: world)
        world.advance(by: .days(15))
        let told = daemon.events.events.compactMap { event -> (Int, Int)? in
            if case .renewalsOff(let expiring, let first) = event { (expiring, first.count) } else { nil }
        }
        #expect(told.count == 1)
        #expect(told.first.map { $0 == (30, 10) } ?? false)
        #expect(office.requests.isEmpty)
        #expect(parked(daemon).count == 30)
        await stop(daemon, run)
    }

    private func parked(_ daemon: SimulatedDaemon) -> [String] {
        daemon.events.events.compactMap { event in
            if case .parked(let user, _) = event { user.id.rawValue } else { nil }
        }
    }

    private func perform<Answer: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let task = Task(executorPreference: world.executor) { try await operation() }
        world.advance(by: .seconds(5))
        return try await task.value
    }

    func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        _ = await run.result
    }
}
