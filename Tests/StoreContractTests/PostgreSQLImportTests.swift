import RefreshCore
import TestSupport
import Testing

@testable import PostgreSQLStore

/// Many users that come at once.
@Suite struct PostgreSQLImportTests {
    @Test func `two imports of the same users at once add each once, and tell which came too late`() async throws {
        try await withPostgreSQLDatabase { settings in
            let (one, two) = (try await settings.open(), try await settings.open(as: "two"))
            let (first, second) = (
                try (0..<4_000).map { try NewUser("user \($0)", basis: 0) },
                try (2_000..<6_000).map { try NewUser("user \($0)", basis: 0) }
            )
            async let here = Self.put(first, into: one)
            async let there = Self.put(second, into: two)
            let (added, late) = (try await here.added + there.added, try await here.late + there.late)
            #expect(added == 6_000)
            #expect(late == 2_000)
            for table in ["users", "schedule"] {
                let rows = try await settings.rows("SELECT count(*)::text FROM bankrefreshd.\(table)")
                #expect(rows == ["6000"], "\(table)")
            }
            await one.close()
            await two.close()
        }
    }

    @Test func `a token whose key the store has let go of is refused, and others are not`() async throws {
        try await withPostgreSQLDatabase { settings in
            let (store, other) = (try await settings.open(), try await settings.open(as: "other"))
            let (old, new) = (Self.sealed(by: 1), Self.sealed(by: 0xAB))
            _ = try await other.setKeyChecks([old], replacing: [])
            try await store.put([NewUser("a", token: old)])
            _ = try await other.setKeyChecks([new, old], replacing: [old])
            try await store.put([NewUser("b", token: old), NewUser("c", token: new)])
            _ = try await other.setKeyChecks([new], replacing: [new, old])
            let problem = StoreProblem.keyDoesNotFit(
                place: store.place, sealedWith: "000000ab", atHand: ["00000001"])
            let late = try NewUser("late", token: old)
            let half = NewUser(id: late.id, group: nil, token: new, refreshToken: old, expiresAt: nil)
            let id = try UserID("a")
            for row in [late, half] {
                await #expect(throws: problem) { try await store.put([row]) }
                await #expect(throws: problem) { try await store.rename(id, to: row) { $0 } }
            }
            #expect(try await store.user("late") == nil)
            try await store.put([NewUser("late", token: new)])
            await store.close()
            await other.close()
        }
    }

    /// A text in the form that the vault gives it.
    private static func sealed(by key: UInt8) -> SealedToken {
        SealedToken(bytes: [1, 0, 0, 0, key] + [UInt8](repeating: 7, count: 80))
    }

    /// In transactions of 500 users.
    private static func put(
        _ users: [NewUser], into store: PostgreSQLUserStore
    ) async throws -> (added: Int, late: Int) {
        var results: [PutResult] = []
        for start in stride(from: 0, to: users.count, by: 500) {
            results += try await store.put(Array(users[start..<(start + 500)]))
        }
        let late = results.count { $0 == .superseded }
        return (results.count - late, late)
    }

    @Test(.timeLimit(.minutes(1)))
    func `users that are named are found by an index, whatever the server takes the tables to be`() async throws {
        try await withPostgreSQLDatabase { settings in
            let importing = try await settings.open()
            let users = try (0..<2_000).map { try NewUser("user \($0)", basis: 0) }
            try await importing.put(users)
            // A session tells what it did once it ends.
            await importing.close()
            try await Self.waitFor("n_tup_ins = 2000", settings)
            try await settings.execute("ANALYZE bankrefreshd.users, bankrefreshd.schedule")
            let before = try await Self.readInTurn(settings)
            let store = try await settings.open()
            let ids = users.prefix(1_000).map(\.id)
            let tokens = try await store.tokens(of: ids)
            #expect(tokens.count { $0 != nil } == 1_000)
            try await store.put(ids.map { try NewUser($0.rawValue, basis: 1) })
            let updated = try await store.update(ids) { user in
                User(
                    id: user.id, place: user.place, group: GroupName("moved"), state: user.state, record: user.record,
                    tokenVersion: user.tokenVersion, renewal: user.renewal)
            }
            #expect(updated.count { $0?.group != nil } == 1_000)
            let removed = try await store.remove(ids, unlessAddedSince: nil)
            #expect(removed.count { $0 == .removed } == 1_000)
            await store.close()
            try await Self.waitFor("n_tup_del = 1000", settings)
            let after = try await Self.readInTurn(settings)
            // Whoever opens a store asks for one user, whichever that is.
            #expect(after - before < 10)
        }
    }

    private static func waitFor(_ condition: String, _ settings: ConnectionSettings) async throws {
        let sql = "SELECT relname FROM pg_stat_user_tables WHERE relname IN ('users', 'schedule') AND \(condition)"
        while try await settings.rows(sql).count < 2 { try await Task.sleep(for: .milliseconds(10)) }
    }

    /// Rows of both tables that were read by no index.
    private static func readInTurn(_ settings: ConnectionSettings) async throws -> Int {
        let sql = "SELECT sum(seq_tup_read)::text FROM pg_stat_user_tables WHERE relname IN ('users', 'schedule')"
        return try await settings.rows(sql).first.flatMap { Int($0) } ?? 0
    }

    @Test(.timeLimit(.minutes(1)))
    func `an import that waits holds up neither leases nor settlements`() async throws {
        try await withPostgreSQLDatabase { settings in
            let (one, two) = (try await settings.open(), try await settings.open(as: "two"))
            try await one.put((0..<20).map { try NewUser("user \($0)", basis: 0) })
            let blocker = try Session.connected(to: settings, until: .now + .seconds(30))
            // The last that an import writes.
            _ = try blocker.run([Statement("BEGIN"), Statement("UPDATE bankrefreshd.groups SET users = users")])
            let more = try (20..<1_000).map { try NewUser("user \($0)", basis: 0) }
            let importing = Task { try await one.put(more) }
            let waiting = """
                SELECT query FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE 'COPY%'
                """
            while try await settings.rows(waiting).isEmpty { try await Task.sleep(for: .milliseconds(10)) }
            for store in [one, two] {
                let leased = try await store.leaseAll(limit: 10)
                let results = try await store.settle(leased.map { $0.settlement() })
                #expect(results == Array(repeating: .settled, count: 10))
            }
            _ = try blocker.run([Statement("ROLLBACK")])
            blocker.close()
            let results = try await importing.value
            #expect(results.count == 980)
            await one.close()
            await two.close()
        }
    }

    @Test func `the server looks at its tables anew after a large import`() async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open()
            let users = try (0...50_000).map { try NewUser("user \($0)", token: SealedToken(bytes: [1]), basis: 0) }
            try await store.put(users)
            let tables = try await settings.rows(
                """
                SELECT relname || ' ' || reltuples FROM pg_class
                WHERE oid IN ('bankrefreshd.users'::regclass, 'bankrefreshd.schedule'::regclass) ORDER BY relname
                """)
            #expect(tables == ["schedule 50001", "users 50001"])
            await store.close()
        }
    }

    @Test func `tables are looked at anew whenever they doubled`() {
        var growth = TableGrowth()
        let moments = (1...100).filter { _ in growth.isDue(after: 10_000) }
        #expect(moments == [6, 13, 27, 55])
    }

    @Test func `a server that takes no more of an import is left in time`() async throws {
        try await withPostgreSQLDatabase { settings in
            let connection = PostgreSQLConnection(settings, label: "test")
            try await connection.perform(until: .now + .seconds(30)) { session in
                _ = try session.run([
                    Statement("CREATE SCHEMA bankrefreshd"),
                    Statement("CREATE TABLE bankrefreshd.slow (text text CHECK (pg_sleep(60) IS NOT NULL))"),
                ])
            }
            let began = ContinuousClock.now
            await #expect(throws: PostgreSQLError.deadlinePassed) {
                try await connection.perform(until: .now + .seconds(1)) { session in
                    // More than is on its way without being taken.
                    let text = String(repeating: "x", count: 100_000)
                    _ = try session.copy(
                        "COPY bankrefreshd.slow FROM STDIN (FORMAT binary)", 0..<1_000
                    ) { _, rows in
                        rows.begin(fields: 1)
                        rows.add(text)
                    }
                }
            }
            #expect(ContinuousClock.now - began < .seconds(10))
            await connection.close()
            try await settings.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY bankrefreshd.slow%'")
        }
    }
}
