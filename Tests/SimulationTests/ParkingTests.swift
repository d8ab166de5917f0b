import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Users whose token is refused, over months in virtual time: judged from the upstream's log, the events and the lists.
@Suite struct ParkingTests {
    let world = Simulation()
    let store = MemoryUserStore()

    /// From the tenth day on the first ten users are answered 401, the next five 403.
    private static let unauthorized = 0..<10
    private static let forbidden = 10..<15

    private func bank(until end: Timestamp = .distantFuture) -> ScriptedBank {
        let begin = world.time.now.advanced(by: .days(10))
        return ScriptedBank(time: world.time) { token, now, _ in
            guard now >= begin, now < end, let number = Fleet.number(of: token) else {
                return (.refreshed, .seconds(1))
            }
            if Self.unauthorized.contains(number) { return (.unauthorized, .seconds(1)) }
            if Self.forbidden.contains(number) { return (.forbidden, .seconds(1)) }
            return (.refreshed, .seconds(1))
        }
    }

    private func daemon(_ bank: ScriptedBank, _ store: MemoryUserStore) -> SimulatedDaemon {
        SimulatedDaemon(in: world, store: store, bank: bank, settings: DaemonSettings(), watchdogInterval: nil)
    }

    private func warnings(_ daemons: SimulatedDaemon...) -> [String: Int] {
        let parked = daemons.flatMap(\.events.events).compactMap { event -> String? in
            if case .parked(let user, _) = event { user.id.rawValue } else { nil }
        }
        return Dictionary(grouping: parked, by: \.self).mapValues(\.count)
    }

    @Test func `calls nobody who is parked for months, and warns once`() async throws {
        let bank = bank()
        try await store.addFleet(40, policy: UserPolicy(), now: world.time.now)
        let first = daemon(bank, store)
        let firstRun = first.start(in: world)
        world.advance(by: .days(45))
        await stop(first, firstRun)
        let second = daemon(bank, store.reopened())
        let secondRun = second.start(in: world)
        world.time.step(by: .hours(5))
        world.advance(by: .days(45))

        for (user, calls) in bank.callsByUser {
            let refused = calls.count { $0.outcome == .unauthorized || $0.outcome == .forbidden }
            #expect(refused == (user < 15 ? 1 : 0), "user \(user)")
            #expect((user < 15 ? 10...12 : 89...91).contains(calls.count), "user \(user): \(calls.count)")
        }
        #expect(warnings(first, second) == Dictionary(uniqueKeysWithValues: (0..<15).map { ("user-\($0)", 1) }))

        let operations = second.operations
        let status = try await perform { try await operations.perform(ReadStatus()) }
        #expect(status.parked == 15)
        let listed = try await perform { try await operations.perform(ListUsers(UserQuery(state: .parked))) }
        #expect(listed.count { $0.parkReason == .unauthorized } == 10)
        #expect(listed.count { $0.parkReason == .forbidden } == 5)
        #expect(listed.allSatisfy { $0.nextDue == nil && $0.mend != nil && $0.parkedSince != nil })
        await stop(second, secondRun)
    }

    @Test func `calls whoever was released by a new token or by resume again, and warns anew where it fails`()
        async throws
    {
        let end = world.time.now.advanced(by: .days(60))
        let bank = bank(until: end)
        try await store.addFleet(20, policy: UserPolicy(), now: world.time.now)
        let daemon = daemon(bank, store)
        let run = daemon.start(in: world)
        world.advance(by: .days(30))
        let operations = daemon.operations
        // Released too early: refused once more, and parked again.
        let (tokenUser, resumedUser) = (try Fleet.id(3), try Fleet.id(12))
        let second = UserEntry(id: tokenUser, token: try AccessToken("second-token-of-user-3".utf8))
        #expect(try await perform { try await operations.perform(PutUsers([second])) } == [.released])
        #expect(try await perform { try await operations.perform(ResumeUser(resumedUser)) }.state == .scheduled)
        world.advance(by: .days(29))
        #expect(bank.callsByUser[3]?.count { $0.outcome == .unauthorized } == 2)
        #expect(bank.callsByUser[12]?.count { $0.outcome == .forbidden } == 2)
        var expected = Dictionary(uniqueKeysWithValues: (0..<15).map { ("user-\($0)", 1) })
        expected["user-3"] = 2
        expected["user-12"] = 2
        #expect(warnings(daemon) == expected)

        // Released once it is mended: called every day.
        world.advance(by: .days(2))
        let mended = world.time.uptime
        // The token that was refused is no new one.
        #expect(try await perform { try await operations.perform(PutUsers([second])) } == [.unchanged])
        let third = UserEntry(id: tokenUser, token: try AccessToken("third-token-of-user-3".utf8))
        #expect(try await perform { try await operations.perform(PutUsers([third])) } == [.released])
        #expect(try await perform { try await operations.perform(ResumeUser(resumedUser)) }.state == .scheduled)
        world.advance(by: .days(10))
        for (user, calls) in bank.callsByUser {
            let since = calls.count { $0.beganAt > mended }
            #expect(user >= 15 || user == 3 || user == 12 ? (9...10).contains(since) : since == 0, "user \(user)")
        }
        #expect(warnings(daemon) == expected)
        await stop(daemon, run)
    }

    @Test func `a command refreshes nobody who is parked, and says how it is mended`() async throws {
        let bank = bank()
        try await store.addFleet(20, policy: UserPolicy(), now: world.time.now)
        let daemon = daemon(bank, store)
        let run = daemon.start(in: world)
        world.advance(by: .days(12))
        let before = bank.log.count
        let operations = daemon.operations
        let ids = try (0..<15).map { try Fleet.id($0) }
        for force in [false, true] {
            let reports = try await perform { try await operations.perform(RefreshUsers(ids, force: force)) }
            #expect(reports.count == 15)
            #expect(reports.allSatisfy { $0.answer == .refused && $0.reason?.contains("bankrefreshd users") == true })
        }
        let during = bank.log[before...].compactMap { Fleet.number(of: $0.token) }
        #expect(during.allSatisfy { $0 >= 15 })
        await stop(daemon, run)
    }

    private func perform<Answer: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Answer
    ) async throws -> Answer {
        let task = Task(executorPreference: world.executor) { try await operation() }
        world.advance(by: .seconds(5))
        return try await task.value
    }

    private func stop(_ daemon: SimulatedDaemon, _ run: Task<Void, any Error>) async {
        daemon.daemon.stop()
        world.advance(by: .minutes(1))
        _ = await run.result
    }
}
