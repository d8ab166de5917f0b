import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Users whose calls Tight refuses, over weeks in virtual time: judged from the upstream's log, the events and the lists.
@Suite struct RefusedUserTests {
    let world = Simulation()
    let store = MemoryUserStore()

    /// From the second day until `end` the users of these numbers are answered so, all others SUCCESS.
    private func bank(_ status: Int, for users: Set<Int>, until end: Duration = .days(1_000)) -> ScriptedBank {
        let time = world.time
        let begin = time.uptime + .days(2)
        let over = time.uptime + end
        return ScriptedBank(time: time) { token, _, _ in
            let isRefused = time.uptime >= begin && time.uptime < over
            guard isRefused, let number = Fleet.number(of: token), users.contains(number) else {
                return (.refreshed, .seconds(1))
            }
            return (.refused(status: status), .seconds(1))
        }
    }

    private func begin(
        _ count: Int, _ bank: ScriptedBank, _ store: MemoryUserStore? = nil
    ) async throws -> (daemon: SimulatedDaemon, run: Task<Void, any Error>) {
        if store == nil { try await self.store.addFleet(count, policy: UserPolicy(), now: world.time.now) }
        let daemon = SimulatedDaemon(
            in: world, store: store ?? self.store, bank: bank, settings: DaemonSettings(), watchdogInterval: nil)
        return (daemon, daemon.start(in: world))
    }

    private func parked(_ daemons: SimulatedDaemon...) -> [String] {
        daemons.flatMap(\.events.events).compactMap { event in
            if case .parked(let user, .refused) = event { user.id.rawValue } else { nil }
        }
    }

    private func alerts(_ daemons: SimulatedDaemon...) -> [String] {
        daemons.flatMap(\.events.events).compactMap { event in
            switch event {
            case .alertRaised(let alert) where alert.kind == .refusedCalls: "raised"
            case .alertEnded(let alert, _, let ending) where alert.kind == .refusedCalls: "\(ending)"
            default: nil
            }
        }
    }

    private func perform<Answer: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let task = Task(executorPreference: world.executor) { try await operation() }
        world.advance(by: .seconds(5))
        return try await task.value
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async throws {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        try await run.value
    }

    @Test func `parks the one user that is refused on three turns, and calls all others`() async throws {
        let bank = bank(404, for: [7])
        let (first, firstRun) = try await begin(40, bank)
        world.advance(by: .hours(60))
        // The turns before a restart count.
        try await stop(first, firstRun)
        let (second, secondRun) = try await begin(40, bank, store.reopened())
        world.advance(by: .days(20))

        #expect(parked(first, second) == ["user-7"])
        for (user, calls) in bank.callsByUser where user != 7 {
            #expect((21...24).contains(calls.count), "user \(user): \(calls.count)")
        }
        let refused = try #require(bank.callsByUser[7]).filter { $0.outcome == .refused(status: 404) }
        #expect((3...8).contains(refused.count))
        for (one, next) in zip(refused, refused.dropFirst()) {
            #expect(next.beganAt - (one.endedAt ?? .zero) >= .hours(6))
        }

        let operations = second.operations
        let listed = try await perform { try await operations.perform(ListUsers(UserQuery(parkReason: .refused))) }
        #expect(listed.map(\.userID) == ["user-7"])
        #expect(listed.first?.mend?.contains("users resume user-7") == true)
        let report = try await perform { try await operations.perform(ResumeUser(Fleet.id(7))) }
        #expect(report.state == .scheduled)
        world.advance(by: .days(2))
        // Three turns anew, not one.
        #expect(parked(first, second) == ["user-7"])
        world.advance(by: .days(28))
        #expect(parked(first, second) == ["user-7", "user-7"])
        try await stop(second, secondRun)
    }

    @Test func `parks nobody for a fault that refuses many, and alerts to it once, over restarts too`() async throws {
        let faulty = Set(stride(from: 0, to: 400, by: 20))
        let bank = bank(422, for: faulty, until: .days(12))
        let (first, firstRun) = try await begin(400, bank)
        world.advance(by: .days(6))
        #expect(alerts(first) == ["raised"])
        try await stop(first, firstRun)
        let (second, secondRun) = try await begin(400, bank, store.reopened())
        world.advance(by: .days(15))
        #expect(parked(first, second).isEmpty)
        #expect(alerts(first, second) == ["raised", "over"])
        // Everybody is called at its pace again.
        let last = world.time.uptime - .days(1)
        let recent = bank.log.filter { $0.beganAt >= last }
        #expect(Set(recent.compactMap { Fleet.number(of: $0.token) }).count == 400)
        #expect(recent.allSatisfy { $0.outcome == .refreshed })
        try await stop(second, secondRun)
    }

    @Test(
        arguments: [(2, [0]), (3, [0]), (3, [0, 1]), (4, [0, 1]), (4, [0, 1, 2]), (10, [0, 1, 2])] as [(Int, Set<Int>)])
    func `parks users of the smallest fleets one by one, and not three at once`(users: Int, refused: Set<Int>)
        async throws
    {
        let bank = bank(410, for: refused)
        let (daemon, run) = try await begin(users, bank)
        world.advance(by: .days(12))
        let names = refused.map { "user-\($0)" }.sorted()
        #expect(parked(daemon).sorted() == (refused.count < 3 ? names : []))
        #expect(alerts(daemon) == (refused.count < 3 ? [] : ["raised"]))
        #expect(bank.callsByUser[users - 1]?.count ?? 0 >= 11)
        try await stop(daemon, run)
    }

    @Test func `does not park for refusals of calls by hand within one turn`() async throws {
        let bank = bank(404, for: [3])
        let (daemon, run) = try await begin(40, bank)
        world.advance(by: .days(2))
        let operations = daemon.operations
        let id = try Fleet.id(3)
        for _ in 0..<4 {
            let reports = try await perform { try await operations.perform(RefreshUsers([id], force: true)) }
            #expect(reports.first?.outcome == .refused)
        }
        #expect(parked(daemon).isEmpty)
        #expect(try await store.user(id)?.record.refusal?.turns == 1)
        try await stop(daemon, run)
    }

    @Test func `asks again after the same wait where the status means later, and never parks`() async throws {
        let bank = bank(409, for: [3])
        let (daemon, run) = try await begin(40, bank)
        world.advance(by: .days(30))
        #expect(parked(daemon).isEmpty)
        let refused = try #require(bank.callsByUser[3]).filter { $0.outcome == .refused(status: 409) }
        let gaps = zip(refused, refused.dropFirst()).map { $1.beganAt - ($0.endedAt ?? .zero) }
        #expect(gaps.allSatisfy { $0 >= .hours(6) && $0 <= .days(1) })
        #expect(refused.count > 56)
        try await stop(daemon, run)
    }

    @Test func `parks nobody while the store does not say how many are refused`() async throws {
        let bank = bank(404, for: [7])
        try await store.addFleet(40, policy: UserPolicy(), now: world.time.now)
        let troubled = TroubledStore(store)
        let daemon = SimulatedDaemon(
            in: world, store: troubled, bank: bank, settings: DaemonSettings(), watchdogInterval: nil)
        let run = daemon.start(in: world)
        troubled.fail(.init(refusalCounts: .unreachable(place: "store", detail: "gone")))
        world.advance(by: .days(20))
        #expect(parked(daemon).isEmpty)
        troubled.fail(.init())
        world.advance(by: .days(15))
        #expect(parked(daemon) == ["user-7"])
        try await stop(daemon, run)
    }
}
