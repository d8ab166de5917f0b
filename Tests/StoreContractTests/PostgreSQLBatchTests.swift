import RefreshCore
import Testing

@testable import PostgreSQLStore

/// What an opening counts of its own batches while several transactions are under way.
@Suite struct PostgreSQLBatchTests {
    private static func settled(_ places: [Int64]) throws -> OpenBatches {
        var batches = OpenBatches()
        batches.add(1, [10, 11, 12])
        for place in places { try settle(place, in: &batches) }
        return batches
    }

    private static func settle(_ place: Int64, in batches: inout OpenBatches) throws {
        let lease = try Lease(id: 1, place: #require(Place(rawValue: place)), until: .later)
        batches.settle(lease, as: try user(place))
    }

    private static func user(_ place: Int64) throws -> User {
        try User(
            id: UserID("user \(place)"), place: #require(Place(rawValue: place)),
            state: .scheduled(due: .second(place)), record: User.Record(slot: .now))
    }

    @Test func `what two transactions took out of a row is taken out once`() throws {
        var batches = try Self.settled([10])
        // A claim and a settlement that wait for one connection have both seen the same.
        let (claim, settlement) = (batches.settled(), batches.settled())
        try Self.settle(11, in: &batches)
        batches.shortened(claim)
        batches.shortened(settlement)
        #expect(batches.settled().map(\.places) == [[11]])
    }

    @Test func `who was settled meanwhile is still known to fall due`() throws {
        var batches = try Self.settled([10])
        let claim = batches.settled()
        try Self.settle(11, in: &batches)
        batches.shortened(claim)
        #expect(batches.firstDue.map { $0 <= .second(11) } ?? false)
        batches.shortened(batches.settled())
        #expect(batches.firstDue == nil)
    }
}
