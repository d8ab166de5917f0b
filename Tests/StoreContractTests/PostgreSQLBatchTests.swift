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

    @Test func `a place goes out of the row that it was settled in, and stays in another where it is leased anew`()
        async throws
    {
        try await withPostgreSQLDatabase { settings in
            let store = try await settings.open()
            try await settings.execute(
                """
                INSERT INTO bankrefreshd.batches (id, member, leased_at, until_at, purpose, places)
                VALUES (1, 5, 0, 0, 0, '{10,11}'), (2, 5, 0, 0, 0, '{10,12,13}'), (3, 6, 0, 0, 0, '{14}')
                """)
            let statements = BatchStatements.shorten([(1, [10]), (2, [12]), (3, [14])], member: 5)
            #expect(statements.count == 1 && BatchStatements.shorten([], member: 5).isEmpty)
            let connection = PostgreSQLConnection(settings, label: "test")
            try await connection.perform(until: .now + .seconds(20)) { session in
                _ = try session.write(statements, limits: .queue)
            }
            let rows = try await settings.rows("SELECT places::text FROM bankrefreshd.batches ORDER BY id")
            #expect(rows == ["{11}", "{10,13}", "{14}"])
            // One look-up in a table of hashes, however many places there are.
            let plan = try await connection.perform(until: .now + .seconds(20)) { session in
                let explained = Statement("EXPLAIN \(statements[0].sql)", parameters: statements[0].parameters)
                return try session.read([explained], limits: .queue)[0].map { $0.text(0) ?? "" }
            }
            #expect(plan.contains { $0.contains("hashed SubPlan") }, "\(plan)")
            await connection.close()
            await store.close()
        }
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

    // MARK: The bound

    /// Scans for due users, at moments that a test sets.
    private struct Scans {
        var batches = OpenBatches()
        private let start = ContinuousClock.now

        private func moment(_ seconds: Int) -> ContinuousClock.Instant { start + .seconds(seconds) }

        mutating func begin(rings: Int = 0, at seconds: Int) -> OpenBatches.Scan {
            batches.beginScan(rings: rings, at: moment(seconds))
        }

        /// Whether a scan begins at this due moment; at the start of all if it is nil.
        mutating func begins(rings: Int = 0, at seconds: Int, from due: Timestamp?) -> Bool {
            begin(rings: rings, at: seconds).low == due?.microsecondsSinceEpoch ?? .min
        }

        mutating func end(_ scan: OpenBatches.Scan, at seconds: Int, foundAt due: Timestamp) {
            batches.end(scan, foundAt: due, at: moment(seconds))
        }

        mutating func fail(_ scan: OpenBatches.Scan, at seconds: Int) {
            batches.wasTooSlow(scan, at: moment(seconds))
        }
    }

    @Test func `after a sweep that took too long, scans begin at the bound of before until the next sweep is due`() {
        var scans = Scans()
        scans.end(scans.begin(at: 0), at: 0, foundAt: .second(100))
        let sweep = scans.begin(rings: 1, at: 1)
        scans.fail(sweep, at: 6)
        // Twenty times as long; whatever changes meanwhile waits.
        let rest = [6, 50, 105].map { scans.begins(rings: 2, at: $0, from: .second(100)) }
        scans.batches.lower(to: nil)
        let released = scans.begins(rings: 2, at: 105, from: .second(100))
        scans.batches.lower(to: .second(90))
        let settled = scans.begins(rings: 2, at: 105, from: .second(90))
        let next = scans.begin(rings: 2, at: 106)
        scans.end(next, at: 107, foundAt: .second(50))
        let found = scans.begins(rings: 2, at: 107, from: .second(50))
        #expect(sweep.low == .min && rest == [true, true, true] && released && settled)
        #expect(next.low == .min && found)
    }

    @Test func `a sweep waits the longer the longer the last one took, unless others announce a change`() {
        var scans = Scans()
        scans.end(scans.begin(at: 0), at: 1, foundAt: .second(100))
        let rest = [2, 6, 19].map { scans.begins(at: $0, from: .second(100)) }
        let announced = scans.begins(rings: 1, at: 19, from: nil)
        #expect(rest == [true, true, true] && announced)
    }

    @Test func `a sweep is over though users become free meanwhile, unless their moments are unknown`() {
        var scans = Scans()
        scans.end(scans.begin(at: 0), at: 0, foundAt: .second(100))
        let sweep = scans.begin(at: 10)
        scans.batches.lower(to: .second(120))
        scans.end(sweep, at: 10, foundAt: .second(110))
        let isOver = scans.begins(at: 10, from: .second(110))
        let another = scans.begin(at: 20)
        scans.batches.lower(to: nil)
        scans.end(another, at: 20, foundAt: .second(110))
        let isRepeated = scans.begins(at: 20, from: nil)
        #expect(isOver && isRepeated)
    }

    @Test func `settlements while a scan runs keep the bound from rising no further than their users' moments`() {
        var scans = Scans()
        scans.end(scans.begin(at: 0), at: 0, foundAt: .second(100))
        let scan = scans.begin(at: 1)
        scans.batches.lower(to: .second(130))
        scans.end(scan, at: 1, foundAt: .second(150))
        let isRaised = scans.begins(at: 1, from: .second(130))
        // The first of two began before a user became free of whom the second knows nothing.
        let first = scans.begin(at: 2)
        scans.batches.lower(to: .second(140))
        let second = scans.begin(at: 2)
        scans.end(first, at: 2, foundAt: .second(160))
        let isKept = scans.begins(at: 2, from: .second(130))
        #expect(scan.low < second.low && isRaised && isKept)
    }
}
