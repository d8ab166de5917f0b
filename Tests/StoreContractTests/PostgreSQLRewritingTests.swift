import RefreshCore
import Testing

@testable import PostgreSQLStore

/// Daemons of one store that look at all users because their settings changed, or they start.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLRewritingTests {
    /// As a change of the schedule does: to the same moments, whoever comes first.
    private static func rewrite(_ store: PostgreSQLUserStore) async throws {
        var place: Place?
        repeat {
            place = try await store.rewrite(after: place, limit: 50) { $0.with(state: .scheduled(due: .second(7))) }
        } while place != nil
    }

    /// Rows that another transaction held than the one that wrote them.
    private static let held = """
        SELECT count(*)::text FROM (SELECT xmin, xmax FROM bankrefreshd.users UNION ALL
            SELECT xmin, xmax FROM bankrefreshd.schedule) r(written, held) WHERE held::text NOT IN ('0', written::text)
        """
    private static let revisions = "SELECT DISTINCT revision::text FROM bankrefreshd.schedule"

    @Test func `of daemons that look at all users at once each user is written once, and by one of them`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let stores = [
                try await settings.open(as: "one"), try await settings.open(as: "two"),
                try await settings.open(as: "three"),
            ]
            try await stores[0].put((0..<1_000).map { try NewUser("user \($0)") })
            let before = try #require(try await settings.rows(Self.revisions).first.flatMap { Int($0) })
            try await withThrowingTaskGroup(of: Void.self) { group in
                for store in stores { group.addTask { try await Self.rewrite(store) } }
                try await group.waitForAll()
            }
            #expect(try await settings.rows(Self.revisions) == ["\(before + 1)"])
            #expect(try await settings.rows(Self.held) == ["0"])
            #expect(try await stores[2].nextDue() == .second(7))
            // Who starts later finds nothing to do, and writes nothing.
            try await Self.rewrite(stores[1])
            #expect(try await settings.rows(Self.revisions) == ["\(before + 1)"])
            #expect(try await settings.rows(Self.held) == ["0"])
            for store in stores { await store.close() }
        }
    }

    @Test func `what one daemon left undone another does`() async throws {
        try await withPostgreSQLDatabase { settings in
            let stores = [try await settings.open(as: "one"), try await settings.open(as: "two")]
            try await stores[0].put((0..<120).map { try NewUser("user \($0)") })
            // It dies after the first part.
            _ = try await stores[0].rewrite(after: nil, limit: 50) { $0.with(state: .scheduled(due: .second(7))) }
            await stores[0].close()
            try await Self.rewrite(stores[1])
            #expect(try await settings.rows(Self.revisions).count == 1)
            #expect(try await settings.rows("SELECT DISTINCT due::text FROM bankrefreshd.schedule").count == 1)
            await stores[1].close()
        }
    }
}
