import RefreshCore
import Testing

@testable import PostgreSQLStore

/// Two versions over one store, one of which knows a migration more.
@Suite(.timeLimit(.minutes(1))) struct PostgreSQLUpgradeTests {
    /// Opens the store as a version that knows one more migration.
    private static func upgrade(
        _ settings: ConnectionSettings, sparesOlder: Bool, to version: String = "2"
    ) throws {
        let more = Migration(
            statements: ["CREATE TABLE bankrefreshd.novelty (one int)"], sparesOlder: sparesOlder)
        let opening = SchemaOpening(version: version, migrations: Migrations.all + [more])
        let session = try Session.connected(to: settings, until: .now + .seconds(30))
        defer { session.close() }
        do {
            _ = try opening.open(session, at: settings) { _ in }
        } catch {
            throw StoreProblem(error, at: settings)
        }
    }

    private static func hasNovelty(_ settings: ConnectionSettings) async throws -> Bool {
        try await settings.rows("SELECT (to_regclass('bankrefreshd.novelty') IS NOT NULL)::text") == ["true"]
    }

    @Test func `a migration that the older version can live with is done beside it, and that starts again`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let older = try await settings.open(leaseClock: .server)
            try await older.add("a")
            let fleet = older.fleet(version: "1")
            _ = try await fleet.beat(MemberReport())
            try Self.upgrade(settings, sparesOlder: true)
            #expect(try await Self.hasNovelty(settings))
            _ = try await fleet.beat(MemberReport())
            let again = try await settings.open(as: "two", leaseClock: .server)
            #expect(try await again.fleet(version: "1").beat(MemberReport()).members.count == 2)
            // What the newer one did is not done again.
            try Self.upgrade(settings, sparesOlder: true)
            await older.close()
            await again.close()
        }
    }

    @Test func `a migration that the older version cannot live with waits until none of it lives, and says so`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let older = try await settings.open(as: "host-a", leaseClock: .server)
            try await settings.setServerClock(.now)
            let fleet = older.fleet(version: "1.0")
            _ = try await fleet.beat(MemberReport())
            try await settings.setServerClock(.second(6))
            let expected = StoreProblem.olderMembers(place: settings.place, members: ["host-a (1.0)"])
            #expect(throws: expected) { try Self.upgrade(settings, sparesOlder: false) }
            #expect(try await !Self.hasNovelty(settings))
            #expect(expected.description.contains("older version") && expected.description.contains("host-a (1.0)"))
            // Nothing of it hinders the older one.
            _ = try await fleet.beat(MemberReport())
            try await settings.setServerClock(.second(12))
            #expect(throws: expected) { try Self.upgrade(settings, sparesOlder: false) }
            try await settings.setServerClock(.second(13))
            try Self.upgrade(settings, sparesOlder: false)
            #expect(try await Self.hasNovelty(settings))
            // It lived after all, and is not heard of any more; nor does it start again.
            let newer = StoreProblem.newerVersion(place: settings.place)
            await #expect(throws: newer) { try await fleet.beat(MemberReport()) }
            await #expect(throws: newer) { try await settings.open() }
            await older.close()
        }
    }
}
