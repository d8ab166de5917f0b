import RefreshCore
import RefreshDaemon
import SQLiteStore
import Testing

@testable import PostgreSQLStore

/// The end of a move while another session works with a table, as a vacuum does.
@Suite(.timeLimit(.minutes(1))) struct StoreMoveStatisticsTests {
    @Test(arguments: ["schedule", "attempts_\(Timestamp.now.day - 1)"])
    func `a move ends although the server cannot analyze a table`(table: String) async throws {
        try await MovedStores.with { stores in
            let (file, server) = (try stores.openFile(), try await stores.openServer())
            try await stores.fill(file, users: 20, seed: 5)
            var blocker: Session?
            try await stores.move(file, to: server) { progress in
                guard progress.stage == .comparing, blocker == nil else { return }
                blocker = try? Session(
                    stores.server, host: stores.server.hosts[0], until: .now + .seconds(50))
                _ = try? blocker?.run([
                    Statement("BEGIN"), Statement("LOCK TABLE bankrefreshd.\(table) IN SHARE UPDATE EXCLUSIVE MODE"),
                ])
            }
            #expect(try await server.marks().closure == nil)
            let session = try #require(blocker)
            // It held the table to the end.
            let held = try session.run([
                Statement("SELECT FROM pg_locks WHERE pid = pg_backend_pid() AND mode = 'ShareUpdateExclusiveLock'")
            ])
            #expect(held[0].count > 0)
            session.close()
            await server.close()
            try file.close()
        }
    }
}
