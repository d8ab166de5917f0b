package import RefreshCore
import Synchronization

extension PostgreSQLUserStore {
    /// Takes over batches that have ended, and at once those of an earlier opening with the same lock, which has ended.
    ///
    /// Their open places go into batches with new ids, so that the previous holders can settle nothing. A batch of this
    /// opening that it does not know, left by a claim without an answer, is also taken over once it has ended.
    package func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem)
        -> [RecoveredLease]
    {
        let taker = Taker(
            member: member, lock: lock, clock: leaseClock.sql(now), known: batches.withLock { $0.ids })
        let length = now.duration(to: until).wholeMicroseconds
        let recovered = try await perform(.queue) { session in
            try session.transaction(limits: .queue) {
                var recovered: [RecoveredLease] = []
                var count = 0
                while count < limit, let batch = try EndedBatch.next(for: taker, session) {
                    let places = Array(batch.open.prefix(limit - count))
                    try batch.give(up: places, session)
                    if places.isEmpty { continue }
                    let id = Int64.random(in: 1 ... .max)
                    let rows = try session.run([
                        Statement(
                            """
                            INSERT INTO bankrefreshd.batches
                                (id, member, purpose, leased_at, until_at, is_foreign, lock, places)
                            VALUES ($1, $2, $3, $4, \(taker.clock) + $5, \(batch.isForeign), $6, $7)
                            """, .int8(id), .int8(taker.member), .int2(Int16(clamping: batch.purpose)),
                            .int8(batch.leasedAt), .int8(length), .text(taker.lock), .int8s(places)),
                        BatchStatements.rows(id, member: taker.member),
                    ])
                    recovered += try rows[1].map { row in
                        RecoveredLease(
                            leased: try LeasableUser(row).leased(under: id, until: until), leasedAt: batch.leasedAt,
                            isForCall: batch.purpose == Int64(Claim.Purpose.call.rawValue),
                            isForeign: batch.isForeign, isDoubted: batch.isDoubted)
                    }
                    count += places.count
                }
                return recovered
            }
        }
        batches.withLock { batches in
            for (id, leases) in Dictionary(grouping: recovered.map(\.leased.lease), by: \.id) {
                batches.add(id, leases.map(\.place.rawValue))
            }
        }
        return recovered
    }
}

/// The opening that takes over batches.
private struct Taker: Sendable {
    let member: Int64
    /// Any earlier process with the same lock has ended.
    let lock: String?
    /// The present moment by the clock that judges leases.
    let clock: String
    /// The ids of its own batches.
    let known: [Int64]
}

/// A batch that will not be settled.
private struct EndedBatch: Sendable {
    let id: Int64
    let purpose: Int64
    let leasedAt: Timestamp
    /// Whether another member leased it that is not known to have ended.
    let isForeign: Bool
    /// Whether a promotion created it for users that may have been leased.
    let isDoubted: Bool
    /// The places that were not settled, in order.
    let open: [Int64]

    /// The next ended batch, locked against settlements; skips those that others are taking over.
    static func next(for taker: Taker, _ session: Session) throws -> EndedBatch? {
        let batch = try session.run([
            Statement(
                """
                SELECT id, purpose, leased_at, is_foreign OR member <> $1 AND (lock = $3::text) IS NOT TRUE,
                    member = \(Promotion.nobody)
                FROM bankrefreshd.batches
                WHERE (member <> $1 OR id <> ALL ($2::int8[]))
                    AND (until_at < \(taker.clock) OR member <> $1 AND lock = $3::text)
                    AND \(Promotion.isOverNow)
                ORDER BY until_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
                """, .int8(taker.member), .int8s(taker.known), .text(taker.lock))
        ])[0].first
        guard let batch else { return nil }
        let id = try batch.required(0, "batch")
        let open = try session.run([
            Statement(
                """
                SELECT p FROM bankrefreshd.batches b CROSS JOIN unnest(b.places) AS p
                JOIN bankrefreshd.schedule s ON s.place = p
                WHERE b.id = $1 AND s.last_batch <> b.id ORDER BY p
                """, .int8(id))
        ])[0]
        return EndedBatch(
            id: id, purpose: try batch.required(1, "purpose"),
            leasedAt: try DamagedStore.required(batch.moment(2), "leased_at"), isForeign: batch.flag(3),
            isDoubted: batch.flag(4),
            open: try open.map { try $0.required(0, "place") })
    }

    /// Removes the first of its open places; deletes the row with the last one.
    func give(up places: [Int64], _ session: Session) throws {
        _ = try session.run([
            places.count == open.count
                ? Statement("DELETE FROM bankrefreshd.batches WHERE id = $1", .int8(id))
                : Statement(
                    "UPDATE bankrefreshd.batches SET places = $2 WHERE id = $1", .int8(id),
                    .int8s(open.dropFirst(places.count).map(Optional.some)))
        ])
    }
}
