import RefreshCore
import Testing

@testable import PostgreSQLStore

/// Another server takes the place of the store's, with or without the latest that was written.
///
/// Its clock stands and it says who it is as a test sets it; what it lacks is taken out by hand.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLPromotionTests {
    /// Two daemons of one store, with users who are due.
    struct World {
        let settings: ConnectionSettings
        let one: PostgreSQLUserStore
        let two: PostgreSQLUserStore
        let first: PostgreSQLFleet
        let second: PostgreSQLFleet
        var report: MemberReport {
            var report = MemberReport()
            report.requestsPerSecond = 10
            report.concurrency = 5
            return report
        }

        @discardableResult
        func beat() async throws -> [StorePromotion?] {
            [try await first.beat(report).promotion, try await second.beat(report).promotion]
        }

        func promote(to name: String = "00000002/7") async throws {
            try await settings.execute(
                """
                CREATE OR REPLACE FUNCTION bankrefreshd.server_identity() RETURNS text LANGUAGE plpgsql VOLATILE AS
                    $$ BEGIN RETURN '\(name)'; END $$
                """)
        }

        func claim(
            _ store: PostgreSQLUserStore, at now: Timestamp = .now, limit: Int = 1
        ) async throws -> [LeasedUser] {
            try await store.leaseDue(now: now, until: now.advanced(by: .minutes(5)), limit: limit)
        }

        func recover(_ store: PostgreSQLUserStore, at now: Timestamp = .now) async throws -> [RecoveredLease] {
            try await store.recoverLeases(now: now, until: now.advanced(by: .minutes(5)), limit: 10_000)
        }
    }

    /// `users` are due one second after the other, the last one now.
    static func withWorld(users: Int = 10, _ body: (World) async throws -> Void) async throws {
        try await withPostgreSQLDatabase { settings in
            let one = try await settings.open(leaseClock: .server)
            try await settings.setServerClock(.now)
            let two = try await settings.open(as: "two", leaseClock: .server)
            let ids = try (0..<users).map { try UserID("user \($0)") }
            _ = try await one.put(try ids.map { try NewUser($0.rawValue) }) { new, place in
                let age = users - 1 - (ids.firstIndex(of: new.id) ?? 0)
                let due = Timestamp.now.advanced(by: .milliseconds(-age))
                return User(id: new.id, place: place, state: .scheduled(due: due), record: User.Record(slot: .now))
            } replaced: { _, user in
                user
            }
            let world = World(
                settings: settings, one: one, two: two, first: one.fleet(version: "1"),
                second: two.fleet(version: "1"))
            try await world.beat()
            try await body(world)
            await one.close()
            await two.close()
        }
    }

    // MARK: Nothing is lost

    @Test func `a server that has all is worked with once every member said so, and nobody is doubted`() async throws {
        try await Self.withWorld { world in
            let held = try await world.claim(world.one, limit: 2)
            let settled = try await world.claim(world.two, limit: 2)
            #expect(try await world.two.settle(settled.map { $0.settlement() }) == [.settled, .settled])
            try await world.promote()
            for store in [world.one, world.two] { #expect(try await world.claim(store).isEmpty) }
            #expect(try await world.first.beat(world.report).promotion == nil)
            // One is heard of there, and waits for the other.
            #expect(try await world.claim(world.one).isEmpty)
            #expect(
                try await world.second.beat(world.report).promotion == StorePromotion(isLossy: false, doubted: 0))
            #expect(try await world.claim(world.one, limit: 10).count == 6)
            // Leases of before go on.
            #expect(try await world.one.settle(held.map { $0.settlement() }) == [.settled, .settled])
            #expect(try await world.recover(world.two).isEmpty)
            #expect(try await world.beat() == [nil, nil])
        }
    }

    @Test func `what a beat brought along needs no other proof, nor does a claim that was handed back`() async throws {
        try await Self.withWorld { world in
            let held = try await world.claim(world.one)
            try await world.beat()
            // A lease that was there at a beat may have been ended since by whoever took it over.
            try await world.settings.execute("DELETE FROM bankrefreshd.batches")
            let released = try await world.claim(world.two)
            try await world.two.release(released.map(\.lease))
            try await world.promote()
            #expect(try await world.beat() == [nil, StorePromotion(isLossy: false, doubted: 0)])
            #expect(held.count == 1)
        }
    }

    @Test(arguments: [false, true])
    func `a member that leaves after a takeover says first what it knows`(isLossy: Bool) async throws {
        try await Self.withWorld { world in
            let called = try await world.claim(world.two, limit: 2)
            #expect(try await world.two.settle(called.map { $0.settlement() }) == [.settled, .settled])
            if isLossy { try await world.settings.execute("UPDATE bankrefreshd.schedule SET last_batch = 0") }
            try await world.promote()
            // Before it heard of the other server.
            try await world.second.leave()
            let found = try await world.first.beat(world.report)
            #expect(found.promotion == (isLossy ? nil : StorePromotion(isLossy: false, doubted: 0)))
            #expect(found.members.map(\.name) == ["one"])
            try await world.settings.setServerClock(.second(1))
            _ = try await world.first.beat(world.report)
            #expect(try await world.recover(world.one).count == (isLossy ? 8 : 0))
        }
    }

    // MARK: Something may be lost

    /// What a test takes from the server that takes over.
    enum Loss: CaseIterable {
        case claim, settlement, beat
    }

    @Test(arguments: Loss.allCases)
    func `a member that misses what it knows to be stored has all doubted who may have been called`(
        loss: Loss
    ) async throws {
        try await Self.withWorld { world in
            let lost = try await world.claim(world.two, limit: 2)
            switch loss {
            case .claim: try await world.settings.execute("DELETE FROM bankrefreshd.batches")
            case .settlement:
                #expect(try await world.two.settle([lost[0].settlement()]) == [.settled])
                try await world.settings.execute("UPDATE bankrefreshd.schedule SET last_batch = 0")
            case .beat:
                try await world.settings.execute(
                    "UPDATE bankrefreshd.members SET seen_at = seen_at - 1 WHERE name = 'two'")
            }
            try await world.promote()
            #expect(try await world.first.beat(world.report).promotion == nil)
            let promotion = try #require(try await world.second.beat(world.report).promotion)
            #expect(promotion.isLossy && promotion.doubted == (loss == .claim ? 10 : 8))
            // Nobody of them is leased; whoever takes them up takes them for another's.
            #expect(try await world.claim(world.one, limit: 10).isEmpty)
            try await world.settings.setServerClock(.second(1))
            try await world.beat()
            let doubted = try await world.recover(world.one)
            #expect(doubted.count == promotion.doubted)
            #expect(doubted.allSatisfy { $0.isForeign && $0.isForCall && $0.leasedAt <= .second(1) })
            // Of a lease that stands somebody vanished; of these nobody did.
            let told = doubted.map { $0.attempt(endedAt: .second(2)).outcome }
            #expect(told.allSatisfy { $0 == .unknown(.failover) })
        }
    }

    @Test func `a member that stays silent is waited for, 15 s and no longer`() async throws {
        try await Self.withWorld { world in
            try await world.promote()
            #expect(try await world.first.beat(world.report).promotion == nil)
            for second in stride(from: Int64(2), to: 15, by: 2) {
                try await world.settings.setServerClock(.second(second))
                let state = try await world.first.beat(world.report)
                // It is heard of all the same.
                #expect(state.promotion == nil && state.members.first?.seenAt == .second(second))
                #expect(try await world.claim(world.one, at: .second(second)).isEmpty)
            }
            try await world.settings.setServerClock(.second(15))
            #expect(
                try await world.first.beat(world.report).promotion == StorePromotion(isLossy: true, doubted: 10))
            // Who was silent goes on with the rest.
            #expect(try await world.second.beat(world.report).promotion == nil)
            try await world.one.add("later")
            #expect(try await world.claim(world.two, at: .second(15), limit: 10).count == 1)
        }
    }

    @Test func `those are doubted who are first in turn, as many as the limits allow since the last beat`()
        async throws
    {
        try await Self.withWorld(users: 2_500) { world in
            // 10 a second for 125 s, twice, and 5 at once.
            try await world.settings.setServerClock(.second(110))
            try await world.promote()
            #expect(try await world.first.beat(world.report).promotion == nil)
            try await world.settings.setServerClock(.second(125))
            let promotion = try await world.first.beat(world.report).promotion
            #expect(promotion == StorePromotion(isLossy: true, doubted: 2_500))
        }
        try await Self.withWorld(users: 2_500) { world in
            try await world.promote()
            #expect(try await world.first.beat(world.report).promotion == nil)
            try await world.settings.setServerClock(.second(99))
            #expect(
                try await world.first.beat(world.report).promotion == StorePromotion(isLossy: true, doubted: 2_000))
            let rest = try await world.claim(world.one, at: .second(99), limit: 2_500)
            #expect(rest.count == 500 && rest.allSatisfy { $0.user.id.rawValue.count == 9 })
            let numbers = rest.compactMap { Int($0.user.id.rawValue.dropFirst(5)) }
            #expect(Set(numbers) == Set(2_000..<2_500))
        }
    }

    @Test func `a server whose clock is behind doubts who was due by the clock of before`() async throws {
        try await Self.withWorld { world in
            try await world.settings.execute("DELETE FROM bankrefreshd.members WHERE name = 'two'")
            try await world.settings.setServerClock(Timestamp.now.advanced(by: .milliseconds(-5)))
            try await world.settings.execute("UPDATE bankrefreshd.members SET seen_at = seen_at - 1")
            try await world.promote()
            let promotion = try await world.first.beat(world.report).promotion
            #expect(promotion == StorePromotion(isLossy: true, doubted: 10))
        }
    }

    @Test func `a batch stands to its end though its holder has settled it, for the settlements may be lost`()
        async throws
    {
        try await Self.withWorld(users: 3) { world in
            let held = try await world.claim(world.one, limit: 3)
            #expect(try await world.one.settle([held[0].settlement()]) == [.settled])
            // The server that takes over knows nothing of it.
            try await world.settings.execute("UPDATE bankrefreshd.schedule SET last_batch = 0, due = 0")
            try await world.promote()
            #expect(try await world.first.beat(world.report).promotion?.isLossy == true)
            _ = try await world.second.beat(world.report)
            // The rest is settled, handed back, and the batch is complete as far as its holder knows.
            #expect(try await world.one.settle([held[1].settlement()]) == [.settled])
            try await world.one.release([held[2].lease])
            for store in [world.one, world.two] { #expect(try await world.claim(store, limit: 3).isEmpty) }
            try await world.settings.setServerClock(.second(299))
            #expect(try await world.recover(world.two).isEmpty)
            try await world.settings.setServerClock(.second(301))
            let lost = try await world.recover(world.two)
            #expect(Set(lost.map(\.leased.user.id)) == [held[0].user.id, held[2].user.id])
            #expect(lost.allSatisfy { $0.isForeign })
        }
    }

    @Test func `who was settled in a batch that stands is doubted too, for a later lease may be lost`() async throws {
        try await Self.withWorld(users: 3) { world in
            let held = try await world.claim(world.two, limit: 2)
            // Called again soon, as after an outage, while its row is not shortened yet.
            #expect(try await world.two.settle([held[0].settlement(due: .now)]) == [.settled])
            try await world.settings.execute("UPDATE bankrefreshd.members SET seen_at = seen_at - 1")
            try await world.promote()
            let promotion = try await world.first.beat(world.report).promotion
            #expect(promotion == StorePromotion(isLossy: true, doubted: 2))
            try await world.settings.setServerClock(.second(1))
            let doubted = try await world.recover(world.one)
            #expect(Set(doubted.map(\.leased.user.id)).contains(held[0].user.id) && doubted.count == 2)
        }
    }

    @Test func `members keep their shares though the server that took over knows old beats alone`() async throws {
        try await Self.withWorld { world in
            // Its latest beats are ten seconds old.
            try await world.settings.setServerClock(.second(10))
            try await world.promote()
            let held = try await world.first.beat(world.report)
            #expect(held.promotion == nil && held.living.map(\.name) == ["one", "two"])
            // The second one misses a beat that it knows of.
            try await world.settings.execute(
                "UPDATE bankrefreshd.members SET seen_at = seen_at - 1 WHERE name = 'two'")
            let end = try await world.second.beat(world.report)
            #expect(end.promotion?.isLossy == true && end.living.map(\.name) == ["one", "two"])
            try await world.settings.setServerClock(.second(16))
            #expect(try await world.second.beat(world.report).living.map(\.name) == ["one", "two"])
            try await world.settings.setServerClock(.second(17))
            #expect(try await world.second.beat(world.report).living.map(\.name) == ["two"])
        }
    }

    @Test func `who was called by hand is doubted by the member that called, due or not`() async throws {
        try await Self.withWorld { world in
            try await world.one.add("by hand", .scheduled(due: .second(90_000)))
            #expect(try await world.two.lease(UserID("by hand"), now: .now, until: .later).get().user.state.due != nil)
            try await world.settings.execute("DELETE FROM bankrefreshd.batches")
            try await world.promote()
            _ = try await world.first.beat(world.report)
            let promotion = try await world.second.beat(world.report).promotion
            #expect(promotion == StorePromotion(isLossy: true, doubted: 11))
        }
    }

    @Test func `a member that the server that took over does not know compares too, however late`() async throws {
        try await Self.withWorld { world in
            // It joined and claimed within the time that is missing there.
            #expect(try await world.claim(world.two, limit: 2).count == 2)
            try await world.settings.execute("DELETE FROM bankrefreshd.batches")
            try await world.settings.execute("DELETE FROM bankrefreshd.members WHERE name = 'two'")
            try await world.promote()
            #expect(
                try await world.first.beat(world.report).promotion == StorePromotion(isLossy: false, doubted: 0))
            #expect(
                try await world.second.beat(world.report).promotion == StorePromotion(isLossy: true, doubted: 10))
            #expect(try await world.beat() == [nil, nil])
            #expect(try await world.claim(world.one, limit: 10).isEmpty)
        }
    }

    // MARK: In the meantime

    @Test func `until the end is known nobody settles or hands back, and both are done then`() async throws {
        try await Self.withWorld { world in
            let held = try await world.claim(world.one, limit: 2)
            // Lost: its holder would not see it any more, had it written anything else since.
            _ = try await world.claim(world.one, limit: 2)
            try await world.settings.execute(
                "DELETE FROM bankrefreshd.batches WHERE id <> \(held[0].lease.id)")
            try await world.promote()
            let expected = "another server took over"
            let settling = await #expect(throws: StoreProblem.self) {
                try await world.one.settle([held[0].settlement()])
            }
            #expect(settling?.description.contains(expected) ?? false)
            let releasing = await #expect(throws: StoreProblem.self) { try await world.one.release([held[1].lease]) }
            #expect(releasing?.description.contains(expected) ?? false)
            #expect(try await world.first.beat(world.report).promotion == StorePromotion(isLossy: true, doubted: 8))
            #expect(try await world.one.settle([held[0].settlement()]) == [.settled])
            try await world.one.release([held[1].lease])
        }
    }

    @Test func `until the end is known nobody takes batches over, and nobody has one user by name`() async throws {
        try await Self.withWorld { world in
            _ = try await world.claim(world.two, limit: 2)
            try await world.promote()
            try await world.settings.setServerClock(.second(301))
            _ = try await world.first.beat(world.report)
            #expect(try await world.recover(world.one).isEmpty)
            let refused = try await world.one.lease(UserID("user 5"), now: .second(301), until: .second(601))
            #expect(refused == .failure(.inFlight(until: .second(316))))
            _ = try await world.second.beat(world.report)
            #expect(try await world.recover(world.one).count == 2)
            let leased = try await world.one.lease(UserID("user 5"), now: .second(301), until: .second(601))
            #expect(try leased.get().user.id.rawValue == "user 5")
        }
    }

    @Test func `a second promotion on top of the first is taken for one that loses`() async throws {
        try await Self.withWorld { world in
            try await world.promote()
            #expect(try await world.first.beat(world.report).promotion == nil)
            try await world.promote(to: "00000003/7")
            #expect(
                try await world.second.beat(world.report).promotion == StorePromotion(isLossy: true, doubted: 10))
        }
    }

    @Test func `a command without a daemon waits for those that are known, and then goes on by itself`() async throws {
        try await Self.withWorld { world in
            try await world.promote()
            let command = try await world.settings.open(as: "a command", leaseClock: .server)
            let refused = try await command.lease(UserID("user 5"), now: .now, until: .later)
            #expect(refused == .failure(.inFlight(until: .second(15))))
            try await world.settings.setServerClock(.second(15))
            // Who may have been called by them is doubted, and this is one of them.
            let doubted = try await command.lease(UserID("user 5"), now: .now, until: .later)
            #expect(doubted == .failure(.inFlight(until: .second(15))))
            try await world.one.add("later")
            let later = try await command.lease(UserID("later"), now: .now, until: .later)
            #expect(try later.get().user.id.rawValue == "later")
            await command.close()
        }
    }

    @Test func `a daemon that starts on the server that took over waits for the others`() async throws {
        try await Self.withWorld { world in
            try await world.promote()
            let three = try await world.settings.open(as: "three", leaseClock: .server)
            let state = try await three.fleet(version: "1").beat(world.report)
            #expect(state.members.map(\.name) == ["one", "three", "two"])
            #expect(try await world.claim(three).isEmpty)
            #expect(try await world.beat() == [nil, StorePromotion(isLossy: false, doubted: 0)])
            #expect(try await world.claim(three).count == 1)
            await three.close()
        }
    }
}
