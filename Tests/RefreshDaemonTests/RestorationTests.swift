import RefreshCore
import RefreshDaemon
import TestSupport
import Testing

/// The first life of a daemon with a store that came from a backup.
@Suite struct RestorationTests {
    let bench = Workbench()

    /// As the store leaves it when a backup becomes the store, now.
    private func restore(_ count: Int, isTakenOver: Bool = false) async throws -> StoreRestoration {
        let now = bench.world.time.now
        try await bench.store.addFleet(count, policy: bench.policy, now: now.advanced(by: .days(-2)))
        let restoration = StoreRestoration(
            takenAt: now.advanced(by: .hours(-10)), restoredAt: now, isTakenOver: isTakenOver)
        try await bench.store.setRestoration(restoration)
        guard !isTakenOver else { return restoration }
        for number in 0..<count {
            _ = try await bench.store.update(Fleet.id(number)) { user in
                var next = user
                next.record.reachedAt = now
                return next
            }
        }
        return restoration
    }

    private var told: [Event] {
        bench.events.filter { if case .storeRestored = $0 { true } else { false } }
    }

    @Test func `nobody is called before the minimum interval from the restore, and it is told once`() async throws {
        let restoration = try await restore(50)
        let restored = bench.world.time.now
        let run = bench.start()
        #expect(
            told == [
                .storeRestored(
                    restoration, users: 50, atRisk: RefreshTokenHolders(count: 0, first: []), areRenewed: false)
            ])
        bench.world.advance(by: bench.policy.minimumInterval - .seconds(1))
        #expect(bench.bank.log.isEmpty)
        bench.world.advance(by: .days(2))
        for number in 0..<50 {
            let token = try Fleet.token(number)
            #expect(bench.bank.log.contains { $0.token == token })
        }
        #expect(bench.bank.log.allSatisfy { $0.began >= restored.advanced(by: bench.policy.minimumInterval) })
        try await bench.stop(run)

        let next = SimulatedDaemon(
            in: bench.world, store: bench.store, bank: bench.bank, settings: bench.daemon.settings.value)
        let second = next.start(in: bench.world)
        bench.world.advance(by: .minutes(1))
        #expect(next.events.events.allSatisfy { if case .storeRestored = $0 { false } else { true } })
        next.daemon.stop()
        bench.world.advance(by: .minutes(2))
        try await second.value
    }

    @Test func `the calls that the day may have seen are not made again`() async throws {
        _ = try await restore(20)
        let run = bench.start()
        let day = bench.world.time.now.day
        for number in 0..<20 {
            let user = try await bench.store.user(Fleet.id(number))
            #expect(user?.record.day == day)
            #expect(user?.record.attemptsToday ?? 0 >= 1)
        }
        try await bench.stop(run)
    }

    @Test func `where the moments were taken over nobody is held`() async throws {
        _ = try await restore(50, isTakenOver: true)
        let run = bench.start()
        #expect(told.count == 1)
        bench.world.advance(by: .minutes(5))
        #expect(bench.bank.log.count == 50, "all of them are overdue")
        try await bench.stop(run)
    }

    @Test func `where the moments were taken over the day of those who were removed since the backup is charged`()
        async throws
    {
        let restoration = try await restore(2, isTakenOver: true)
        // As the store leaves whoever was removed: paused, and called at the restore.
        let earlier = restoration.restoredAt.advanced(by: .hours(-3))
        for (number, reachedAt) in [(0, restoration.restoredAt), (1, earlier)] {
            _ = try await bench.store.update(Fleet.id(number)) { user in
                var next = user
                next.state = .paused(nil)
                next.record.reachedAt = reachedAt
                return next
            }
        }
        let known = try await bench.store.user(Fleet.id(1))
        let run = bench.start()
        let removed = try #require(try await bench.store.user(Fleet.id(0)))
        #expect(removed.state == .paused(nil) && removed.record.reachedAt == restoration.restoredAt)
        #expect(removed.record.day == restoration.restoredAt.day && removed.record.attemptsToday >= 1)
        #expect(try await bench.store.user(Fleet.id(1))?.record == known?.record)
        try await bench.stop(run)
    }

    // MARK: Tokens

    private func office(_ count: Int, restored: Bool) async throws -> (
        office: TokenOffice, daemon: SimulatedDaemon, run: Task<Void, any Error>
    ) {
        let office = TokenOffice(time: bench.world.time, lifetime: .days(10))
        var settings = DaemonSettings()
        settings.admission.slowStart = .zero
        let first = SimulatedDaemon(
            in: bench.world, store: bench.store, bank: office, renewing: office, settings: settings)
        let run = first.start(in: bench.world)
        let entries = try office.entries(count)
        let put = Task(executorPreference: bench.world.executor) { [operations = first.operations] in
            _ = try await operations.perform(PutUsers(entries))
        }
        bench.world.advance(by: .seconds(1))
        try await put.value
        first.daemon.stop()
        bench.world.advance(by: .minutes(1))
        try await run.value
        if restored {
            let now = bench.world.time.now
            try await bench.store.setRestoration(
                StoreRestoration(takenAt: now.advanced(by: .hours(-1)), restoredAt: now, isTakenOver: true))
        }
        let daemon = SimulatedDaemon(
            in: bench.world, store: bench.store, bank: office, renewing: office, settings: settings)
        return (office, daemon, daemon.start(in: bench.world))
    }

    @Test(arguments: [false, true])
    func `tokens that came with a backup are renewed with the client credentials first`(isRestored: Bool) async throws {
        let (office, daemon, run) = try await office(10, restored: isRestored)
        bench.world.advance(by: .days(9))
        let kinds = Set(office.requests.map(\.kind))
        #expect(office.requests.count == 10)
        #expect(kinds == [isRestored ? .clientCredentials : .refreshToken])
        // What was issued since is the daemon's own, and is used as ever.
        bench.world.advance(by: .days(10))
        #expect(Set(office.requests.dropFirst(10).map(\.kind)) == [.refreshToken])
        #expect(office.requests.allSatisfy { $0.isGranted })
        if isRestored {
            let holders = RefreshTokenHolders(count: 10, first: try (0..<10).map { try Fleet.id($0) })
            #expect(
                daemon.events.events.contains {
                    if case .storeRestored(_, 10, holders, true) = $0 { true } else { false }
                })
        }
        daemon.daemon.stop()
        bench.world.advance(by: .minutes(2))
        try await run.value
    }

    @Test(arguments: [false, true])
    func `who is parked for a token of a backup is told why`(isRestored: Bool) async throws {
        let (office, daemon, run) = try await office(5, restored: isRestored)
        office.answer { _, _ in .refuse }
        office.revokeAccess(of: 0..<5)
        bench.world.advance(by: .days(2))
        for number in 0..<5 {
            let user = try #require(try await bench.store.user(Fleet.id(number)))
            #expect(user.state.kind == .parked)
            let note = StoreRestoration.parkNote(in: user.record.lastAttempt?.reason)
            #expect((note != nil) == isRestored)
        }
        daemon.daemon.stop()
        bench.world.advance(by: .minutes(2))
        try await run.value
    }
}
