import Testing

@testable import PostgreSQLStore
@testable import RefreshCore

/// Partitions are made and removed while others read the history and calls are settled.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLHistoryTests {
    private static let day: Int64 = 86_400

    @Test(arguments: [-10, 0] as [Int64])
    func `no settlement waits for partitions that are made or removed, however long another reads them`(
        first: Int64
    ) async throws {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open()
            try await store.add("a")
            for second in [first * Self.day, 1] { try await store.settle(.at(.second(second)), of: "a") }
            let bounds = HistoryBounds(maximumAge: .days(2))
            let reader = try Session(settings, host: settings.hosts[0], until: .now + .seconds(60))
            _ = try reader.run([Statement("BEGIN"), Statement("SELECT FROM bankrefreshd.attempts LIMIT 1")])
            let pruning = Task { try await store.pruneHistory(to: bounds, now: .now, after: nil, limit: 100) }
            try await Task.sleep(for: .milliseconds(100))
            try await store.settle(.at(.second(2)), of: "a")
            await #expect(throws: StoreProblem.self) { try await pruning.value }
            _ = try reader.run([Statement("ROLLBACK")])
            reader.close()
            let removed = try await store.prune(bounds, now: .now)
            #expect(removed == (first < 0 ? 1 : 0))
            await store.close()
        }
    }
}
