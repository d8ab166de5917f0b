import Synchronization
import TestSupport
import Testing

@testable import PostgreSQLStore
@testable import RefreshCore

/// What several daemons share, and what the settings of a server, a database or a role cannot change.
@Suite struct PostgreSQLStoreTests {
    // MARK: Several daemons

    /// A default of the role or the database does not reach the claims: under another level than READ COMMITTED they would
    /// read what was before the lock.
    @Test(arguments: ["read committed", "repeatable read", "serializable"])
    func `daemons that claim at once never lease a user twice`(level: String) async throws {
        try await withPostgreSQLDatabase { settings in
            try await settings.execute(
                "ALTER DATABASE \(settings.database) SET default_transaction_isolation = '\(level)'")
            var stores: [PostgreSQLUserStore] = []
            for name in ["one", "two", "three"] { stores.append(try await settings.open(as: name)) }
            try await stores[0].put((0..<600).map { try NewUser("user \($0)") })
            let leased = try await withThrowingTaskGroup(of: [LeasedUser].self) { group in
                for store in stores {
                    group.addTask {
                        var all: [LeasedUser] = []
                        while true {
                            let some = try await store.leaseAll(limit: 7)
                            if some.isEmpty { return all }
                            all += some
                        }
                    }
                }
                return try await group.reduce(into: []) { $0 += $1 }
            }
            #expect(leased.count == 600)
            #expect(Set(leased.map(\.user.id)).count == 600)
            for store in stores { await store.close() }
            try await settings.execute("ALTER DATABASE \(settings.database) RESET ALL")
        }
    }

    @Test func `a batch that ended is taken over by whoever comes, and its holder settles nothing any more`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let (one, two) = (try await settings.open(), try await settings.open(as: "two"))
            try await one.put((0..<10).map { try NewUser("user \($0)") })
            let held = try await one.leaseAll()
            let settled = try await one.settle(held[..<4].map { $0.settlement() })
            #expect(settled == Array(repeating: .settled, count: 4))
            let early = try await two.recoverLeases(now: .later, until: .second(700), limit: 100)
            #expect(early.isEmpty)
            let lost = try await two.recoverLeases(now: .second(301), until: .second(700), limit: 100)
            #expect(Set(lost.map(\.leased.user.id)) == Set(held[4...].map(\.user.id)))
            let late = try await one.settle(held[4...].map { $0.settlement() })
            #expect(late == Array(repeating: .refused, count: 6))
            let results = try await two.settle(lost.map { $0.leased.settlement() })
            #expect(results == Array(repeating: .settled, count: 6))
            let open = try await settings.rows("SELECT id::text FROM bankrefreshd.batches")
            #expect(open.isEmpty)
            await one.close()
            await two.close()
        }
    }

    @Test func `a claim of which no answer came holds up nobody`() async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open()
            try await store.put((0..<5).map { try NewUser("user \($0)") })
            // As a claim leaves it that was done at the server, while its answer was lost.
            let lost = Int64(4_711)
            try await settings.execute(
                """
                INSERT INTO bankrefreshd.batches
                SELECT \(lost), \(store.member), 1, \(Int64.max), 0, false, 'one', array_agg(place)
                FROM bankrefreshd.schedule
                """)
            let nobody = try await store.leaseAll()
            #expect(nobody.isEmpty)
            store.batches.withLock { $0.doubt(lost) }
            let leased = try await store.leaseAll()
            #expect(leased.count == 5)
            await store.close()
        }
    }

    @Test func `a settlement that is sent again after a lost answer is there once`() async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open()
            try await store.put((0..<2).map { try NewUser("user \($0)") })
            let leased = try await store.leaseAll()
            let first = leased[0].settlement(attempt: .at(.second(1)))
            let results = try await store.settle([first])
            #expect(results == [.settled])
            // As though that had never been heard.
            store.batches.withLock { $0.add(first.lease.id, leased.map(\.user.place.rawValue)) }
            let again = try await store.settle([first, leased[1].settlement(attempt: .at(.second(2)))])
            #expect(again == [.settled, .settled])
            let history = try await store.history(of: first.user.id, before: nil, limit: 10)
            #expect(history == [.at(.second(1))])
            let tallies = try await store.attemptTallies(since: .epoch)
            #expect(tallies.counts == [.refreshed: 2])
            let open = try await settings.rows("SELECT id::text FROM bankrefreshd.batches")
            #expect(open.isEmpty)
            await store.close()
        }
    }

    @Test func `an attempt of a day whose partition another daemon removed is kept`() async throws {
        try await withPostgreSQLDatabase { settings in
            let (one, two) = (try await settings.open(), try await settings.open(as: "two"))
            try await one.add("a")
            try await one.settle(.at(.now), of: "a")
            let removed = try await two.prune(HistoryBounds(keep: 0), now: .now)
            #expect(removed == 1)
            try await one.settle(.at(.second(1)), of: "a")
            let history = try await two.history(of: UserID("a"), before: nil, limit: 10)
            #expect(history == [.at(.second(1))])
            await one.close()
            await two.close()
        }
    }

    @Test func `a lock that another holds ends a claim in time, and nothing of it is left`() async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open()
            try await store.add("a")
            let blocker = PostgreSQLConnection(settings, label: "test")
            let released = Mutex(false)
            try await blocker.perform(until: .now + .seconds(30)) { session in
                _ = try session.run([
                    Statement("BEGIN"), Statement("SELECT FROM bankrefreshd.fleet FOR UPDATE"),
                ])
                let claimed = Mutex<StoreProblem?>(nil)
                let done = Mutex(false)
                Task {
                    do throws(StoreProblem) {
                        _ = try await store.leaseDue(now: .now, until: .later, limit: 1)
                    } catch {
                        claimed.withLock { $0 = error }
                    }
                    done.withLock { $0 = true }
                }
                while !done.withLock({ $0 }) { _ = try session.run([Statement("SELECT pg_sleep(0.05)")]) }
                guard case .unreachable(_, let detail, _)? = claimed.withLock({ $0 }) else {
                    Issue.record("\(String(describing: claimed.withLock { $0 }))")
                    return
                }
                #expect(detail.contains("55P03"))
                released.withLock { $0 = true }
            }
            let leased = try await store.leaseAll()
            #expect(leased.count == 1)
            await store.close()
        }
    }

    // MARK: The server's settings

    @Test
    func `a path that leads to other functions before those of the server changes nothing`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open()
            try await settings.execute("CREATE SCHEMA evil")
            // Fits better than the server's own, and would hide who is leased.
            try await settings.execute(
                """
                CREATE FUNCTION evil.unnest(int8[]) RETURNS SETOF int8 LANGUAGE sql AS 'SELECT 0::int8 WHERE false'
                """)
            for setting in [
                "search_path = evil, pg_catalog", "jit_above_cost = 0",
            ] {
                try await settings.execute("ALTER DATABASE \(settings.database) SET \(setting)")
            }
            let next = try await settings.open(as: "two")
            try await next.add("a")
            let leased = try await next.leaseAll()
            let again = try await next.leaseAll()
            #expect(leased.count == 1 && again.isEmpty)
            let results = try await next.settle(leased.map { $0.settlement(attempt: .at(.now)) })
            #expect(results == [.settled])
            await store.close()
            await next.close()
            try await settings.execute("ALTER DATABASE \(settings.database) RESET ALL")
            try await settings.execute("DROP SCHEMA evil CASCADE")
        }
    }

    @Test func `claims and what is next due read along their index, however stale the statistics`() async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open()
            try await store.put((0..<5_000).map { try NewUser("user \($0)", token: .random(count: 16)) })
            _ = try await store.leaseAll(limit: 1_800)
            let connection = PostgreSQLConnection(settings, label: "test")
            let due = PostgreSQLUserStore.dueSQL(
                ClaimTerms(clock: LeaseClock.serverNow, isOfFleet: true, settingsVersion: 1))
            for sql in [due, PostgreSQLUserStore.nextDueSQL] {
                let plan = try await connection.perform(until: .now + .seconds(30)) { session in
                    let numbered = [2, 6, 7, 8, 1].reduce(sql) { text, number in
                        text.replacing("$\(number)::int8", with: number == 6 ? "\(Int64.max)" : "\(number)")
                    }
                    return try session.read([Statement("EXPLAIN " + numbered)], limits: .queue)[0].map {
                        $0.text(0) ?? ""
                    }
                    .joined(separator: "\n")
                }
                #expect(plan.contains("Index Only Scan using schedule_by_due"), "\(plan)")
                #expect(plan.contains("hashed SubPlan"), "\(plan)")
                #expect(!plan.contains("Seq Scan on schedule") && !plan.contains("Sort"), "\(plan)")
            }
            await connection.close()
            await store.close()
        }
    }

    // MARK: Opening

    @Test func `daemons that start at once on an empty database make one store`() async throws {
        try await withPostgreSQLDatabase { settings in
            let stores = try await withThrowingTaskGroup(of: PostgreSQLUserStore.self) { group in
                for index in 0..<4 { group.addTask { try await settings.open(as: "member \(index)") } }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(Set(stores.map(\.seed)).count == 1)
            #expect(stores.count(where: \.isNew) == 1)
            for store in stores { await store.close() }
        }
    }

    @Test func `a store of a newer version, and another program's table, are left alone`() async throws {
        try await withPostgreSQLDatabase { settings in
            try await settings.open().close()
            try await settings.execute(
                "UPDATE bankrefreshd.meta SET value = '99' WHERE key IN ('schema', 'oldest schema')")
            await #expect(throws: StoreProblem.newerVersion(place: settings.place)) { try await settings.open() }
            try await settings.execute("DELETE FROM bankrefreshd.meta")
            let problem = await #expect(throws: StoreProblem.self) { try await settings.open() }
            guard case .notAStore? = problem else {
                Issue.record("\(String(describing: problem))")
                return
            }
        }
    }

    @Test func `who may not look at the tables, or has no database, is told so`() async throws {
        try await withPostgreSQLDatabase { settings in
            try await settings.open().close()
            try await settings.execute(
                "DO $$ BEGIN CREATE ROLE visitor LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
            var visitor = settings
            visitor.user = "visitor"
            let denied = await #expect(throws: StoreProblem.self) { try await visitor.open() }
            guard case .notAllowed(_, let detail, let remedy?)? = denied else {
                Issue.record("\(String(describing: denied))")
                return
            }
            #expect(detail.contains("belongs to administrator, and the role visitor does not have its rights"))
            // To grant a superuser's rights would make one of the daemon.
            #expect(!remedy.contains("GRANT") && remedy.contains("ALTER SCHEMA bankrefreshd OWNER TO visitor"))
            try await settings.execute(
                """
                DO $$ BEGIN CREATE ROLE keeper; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
                """)
            try await settings.execute("ALTER SCHEMA bankrefreshd OWNER TO keeper")
            try await settings.execute(
                """
                DO $$ DECLARE t regclass; BEGIN
                    FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'bankrefreshd'::regnamespace
                        AND relkind IN ('r', 'p') LOOP
                        EXECUTE format('ALTER TABLE %s OWNER TO keeper', t);
                    END LOOP;
                END $$
                """)
            let grantable = await #expect(throws: StoreProblem.self) { try await visitor.open() }
            #expect(grantable?.remedy == "on the server: GRANT keeper TO visitor")
            var nowhere = settings
            nowhere.database = "no 'such' database"
            let missing = await #expect(throws: StoreProblem.self) { try await nowhere.open() }
            guard case .unfit(_, let detail, let statement)? = missing else {
                Issue.record("\(String(describing: missing))")
                return
            }
            #expect(detail == "database \"no 'such' database\" does not exist (SQLSTATE 3D000)")
            #expect(statement.contains("CREATE DATABASE \"no 'such' database\" OWNER administrator ENCODING 'UTF8'"))
        }
    }
}
