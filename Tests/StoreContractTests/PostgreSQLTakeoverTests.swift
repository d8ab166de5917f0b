import RefreshCore
import Testing

@testable import PostgreSQLStore

/// Who takes over what another held, and when: only the server's clock tells, and it stands where a test sets it.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLTakeoverTests {
    private static func withServerClock(
        _ body: (ConnectionSettings, PostgreSQLUserStore) async throws -> Void
    ) async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open(lock: "one", leaseClock: .server)
            try await settings.setServerClock(.now)
            try await body(settings, store)
            await store.close()
        }
    }

    @Test func `a batch ends by the server's clock, whatever those of the daemons show`() async throws {
        try await Self.withServerClock { settings, one in
            let two = try await settings.open(as: "two", leaseClock: .server)
            try await one.put((0..<10).map { try NewUser("user \($0)") })
            // A calendar that is ahead by an hour leases for as long, and says when that is over for itself.
            let held = try await one.leaseDue(now: .second(3_600), until: .second(3_900), limit: 6)
            #expect(held.count == 6 && held.allSatisfy { $0.lease.until == .second(3_900) })
            let others = try await two.leaseDue(now: .now, until: .later, limit: 10)
            #expect(others.count == 4)
            #expect(Set((held + others).map(\.user.id)).count == 10)
            try await two.release(others.map(\.lease))

            try await settings.setServerClock(.second(300))
            let early = try await two.recoverLeases(now: .second(99_999), until: .second(100_299), limit: 100)
            #expect(early.isEmpty)
            try await settings.setServerClock(.second(301))
            let lost = try await two.recoverLeases(now: .second(-500), until: .second(-200), limit: 100)
            #expect(Set(lost.map(\.leased.user.id)) == Set(held.map(\.user.id)))
            #expect(lost.allSatisfy { $0.leasedAt == .now && $0.leased.lease.until == .second(-200) })
            // They are the second one's now, for as long as it said.
            let own = try await one.recoverLeases(now: .second(99_999), until: .second(100_299), limit: 100)
            #expect(own.isEmpty)
            let late = try await one.settle(held.map { $0.settlement() })
            #expect(late.allSatisfy { $0 == .refused })
            let ends = try await settings.rows("SELECT DISTINCT until_at::text FROM bankrefreshd.batches")
            #expect(ends == ["\(Timestamp.second(601).microsecondsSinceEpoch)"])
            await two.close()
        }
    }

    @Test func `leases of an earlier opening wait for their end, unless that is known to have ended`() async throws {
        try await Self.withServerClock { settings, one in
            let two = try await settings.open(as: "two", leaseClock: .server)
            try await one.put((0..<10).map { try NewUser("user \($0)") })
            let held = try await one.leaseDue(now: .now, until: .later, limit: 6)
            let others = try await two.leaseDue(now: .now, until: .later, limit: 10)
            let unsure = try await settings.open(leaseClock: .server)
            let none = try await unsure.recoverLeases(now: .now, until: .later, limit: 100)
            #expect(none.isEmpty)
            let next = try await settings.open(lock: "one", leaseClock: .server)
            let lost = try await next.recoverLeases(now: .now, until: .later, limit: 100)
            #expect(Set(lost.map(\.leased.user.id)) == Set(held.map(\.user.id)))
            #expect(lost.allSatisfy { !$0.isForeign && !$0.isDoubted })
            // Another's is not.
            let results = try await two.settle(others.map { $0.settlement() })
            #expect(results.allSatisfy { $0 == .settled })
            for store in [two, unsure, next] { await store.close() }
        }
    }

    @Test func `what another member may still call is told as such, through any number of takeovers`() async throws {
        try await Self.withServerClock { settings, one in
            try await one.put((0..<2).map { try NewUser("user \($0)") })
            _ = try await one.leaseDue(now: .now, until: .later, limit: 1)
            // Who has another lock takes its predecessor for another member.
            let unsure = try await settings.open(lock: "two", leaseClock: .server)
            try await settings.setServerClock(.second(301))
            let first = try await unsure.recoverLeases(now: .now, until: .later, limit: 10)
            #expect(first.map(\.isForeign) == [true])
            // One of its own is none.
            _ = try await unsure.leaseDue(now: .now, until: .later, limit: 1)
            let next = try await settings.open(lock: "two", leaseClock: .server)
            let second = try await next.recoverLeases(now: .now, until: .later, limit: 10)
            let foreign = Dictionary(uniqueKeysWithValues: second.map { ($0.leased.user.id, $0.isForeign) })
            #expect(foreign.count == 2)
            #expect(foreign.filter(\.value).keys.map(\.self) == first.map(\.leased.user.id))
            for store in [unsure, next] { await store.close() }
        }
    }

    @Test func `a batch that somebody takes over at this moment is left to that one`() async throws {
        try await Self.withServerClock { settings, one in
            try await one.put((0..<3).map { try NewUser("user \($0)") })
            for _ in 0..<3 { _ = try await one.leaseDue(now: .now, until: .later, limit: 1) }
            try await settings.setServerClock(.second(301))
            let two = try await settings.open(as: "two", leaseClock: .server)
            let other = try Session(settings, host: settings.hosts[0], until: .now + .seconds(30))
            let locked = try other.run([
                Statement("BEGIN"),
                Statement("SELECT id FROM bankrefreshd.batches ORDER BY until_at, id LIMIT 1 FOR UPDATE"),
            ])[1].first?.integer(0)
            let lost = try await two.recoverLeases(now: .now, until: .later, limit: 10)
            #expect(lost.count == 2)
            _ = try other.run([Statement("ROLLBACK")])
            other.close()
            let left = try await settings.rows(
                "SELECT id::text FROM bankrefreshd.batches WHERE member = \(one.member)")
            #expect(left == [String(try #require(locked))])
            await two.close()
        }
    }

    @Test func `members that take over at once share what there is`() async throws {
        try await Self.withServerClock { settings, one in
            try await one.put((0..<120).map { try NewUser("user \($0)") })
            for _ in 0..<40 { _ = try await one.leaseDue(now: .now, until: .later, limit: 3) }
            try await settings.setServerClock(.second(301))
            var stores: [PostgreSQLUserStore] = []
            for index in 0..<3 { stores.append(try await settings.open(as: "taker \(index)", leaseClock: .server)) }
            let taken = try await withThrowingTaskGroup(of: [RecoveredLease].self) { group in
                for store in stores {
                    group.addTask {
                        var all: [RecoveredLease] = []
                        while true {
                            let some = try await store.recoverLeases(now: .now, until: .later, limit: 4)
                            if some.isEmpty { return all }
                            all += some
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(taken.count == 120)
            #expect(Set(taken.map(\.leased.user.id)).count == 120)
            for store in stores { await store.close() }
        }
    }

    @Test func `users of a member that is forgotten stay leased until they are taken over`() async throws {
        try await Self.withServerClock { settings, one in
            let (first, two) = (one.fleet(version: "1"), try await settings.open(as: "two", leaseClock: .server))
            let second = two.fleet(version: "1")
            try await one.add("a")
            _ = try await first.beat(MemberReport())
            let held = try await one.leaseDue(now: .now, until: .second(100_000), limit: 1)
            #expect(held.count == 1)
            try await settings.setServerClock(.second(90_000))
            let state = try await second.beat(MemberReport())
            #expect(state.members.map(\.name) == ["two"])
            let nobody = try await two.leaseDue(now: .second(90_000), until: .second(90_300), limit: 1)
            #expect(nobody.isEmpty)
            try await settings.setServerClock(.second(100_001))
            let lost = try await two.recoverLeases(now: .second(100_001), until: .second(100_301), limit: 1)
            #expect(lost.map(\.leased.user.id) == held.map(\.user.id))
            await two.close()
        }
    }
}
