import RefreshCore
import Testing

@testable import PostgreSQLStore

/// Daemons that end or start while another server takes the place of the store's.
extension PostgreSQLPromotionTests {
    @Test func `a daemon that restarts while another server takes over has its name back right after`() async throws {
        try await Self.withWorld { world in
            try await world.promote()
            // The first one ended without a word.
            let successor = try await world.settings.open(leaseClock: .server)
            let fleet = successor.fleet(version: "1")
            _ = try await fleet.beat(world.report)
            _ = try await world.second.beat(world.report)
            try await world.settings.setServerClock(Timestamp.now.advanced(by: .seconds(16)))
            let ended = try await world.second.beat(world.report).promotion
            #expect(ended?.isLossy == true)
            let found = try await fleet.beat(world.report)
            #expect(found.living.filter { $0.name == "one" }.map(\.id) == [found.member])
            await successor.close()
        }
    }
}
