import RefreshCore
import TestSupport
import Testing

@testable import PostgreSQLStore

/// Warnings that the server sends beside its results: one of them alone says that a change may be lost.
@Suite struct PostgreSQLWarningTests {
    private static let patience = Duration.seconds(20)

    @Test func `a session that begins with a warning works, as after an upgrade of the server's C library`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let version = { (version: String) in
                "UPDATE pg_database SET datcollversion = \(version) WHERE datname = current_database()"
            }
            try await settings.execute(version("'1'"))
            for _ in 0..<2 {
                let store = try await settings.open()
                #expect(try await store.ids(after: nil, limit: 10) == [])
                await store.close()
            }
            try await settings.execute(version("NULL"))
        }
    }

    @Test func `a statement with a warning is done`() async throws {
        try await withPostgreSQLDatabase { settings in
            let connection = PostgreSQLConnection(settings, label: "test")
            let count = try await connection.perform(until: .now + Self.patience) { session in
                _ = try session.run([
                    Statement("CREATE TEMPORARY TABLE seen (number int8)"),
                    Statement("DO $$ BEGIN RAISE WARNING 'vacuum within 40000000 transactions'; END $$"),
                    Statement("INSERT INTO seen VALUES (1)"),
                ])
                return try session.run([Statement("SELECT count(*) FROM seen")])[0].first?.integer(0)
            }
            #expect(count == 1)
            await connection.close()
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a commit whose wait for a standby is cancelled counts as not done`() async throws {
        let server = try PostgreSQLServer(options: [
            "-c", "max_wal_senders=2", "-c", "synchronous_standby_names=nobody",
        ])
        defer { server.stop() }
        let settings = try ConnectionSettings.tests(server: server)
        let (waiting, other) = (
            PostgreSQLConnection(settings, label: "test"), PostgreSQLConnection(settings, label: "test")
        )
        async let problem = #expect(throws: PostgreSQLError.self) {
            try await waiting.perform(until: .now + Self.patience) { session in
                _ = try session.run([Statement("BEGIN"), Statement("CREATE TABLE seen ()"), Statement("COMMIT")])
            }
        }
        var isCancelled = false
        while !isCancelled {
            isCancelled = try await other.perform(until: .now + Self.patience) { session in
                let sql = "SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
                return try session.run([Statement(sql)])[0].first?.flag(0) ?? false
            }
        }
        #expect(await problem == .notReplicated)
        await other.close()
    }
}
