package import RefreshCore
import Synchronization

extension PostgreSQLUserStore {
    /// Takes over batches that ended, those of an earlier opening of this name first of all.
    ///
    /// What was open in them goes into batches of other ids, so that whoever held them can settle nothing any more. A batch
    /// of this opening that it does not know, after a claim without an answer, is taken over too once it ended.
    package func recoverLeases(now: Timestamp, until: Timestamp, limit: Int) async throws(StoreProblem)
        -> [RecoveredLease]
    {
        let known = batches.withLock { $0.ids }
        let (name, member) = (name, member)
        let takenOver = try await perform(.queue) { session in
            try session.transaction(limits: .queue) {
                var taken: [TakenBatch] = []
                var count = 0
                while count < limit,
                    let batch = try EndedBatch.next(now: now, name: name, member: member, known: known, session)
                {
                    let places = Array(batch.open.prefix(limit - count))
                    try batch.give(up: places, session)
                    if places.isEmpty { continue }
                    let id = Int64.random(in: 1 ... .max)
                    let rows = try session.run([
                        Statement(
                            """
                            INSERT INTO bankrefreshd.batches (id, member, purpose, leased_at, until_at, places)
                            VALUES ($1, $2, $3, $4, $5, $6)
                            """, .int8(id), .int8(member), .int2(Int16(clamping: batch.purpose)),
                            .int8(batch.leasedAt), .int8(until), .int8s(places)),
                        BatchStatements.rows(id, member: member),
                    ])
                    let leased = try rows[1].map { try StoredUser.leased($0, under: id, until: until) }
                    taken.append(TakenBatch(id: id, from: batch, leased: leased))
                    count += places.count
                }
                if taken.isEmpty { _ = try session.run([EndedBatch.forgetMembers(name: name, member: member)]) }
                return taken
            }
        }
        batches.withLock { batches in
            for batch in takenOver { batches.add(batch.id, batch.leased.map(\.user.place.rawValue)) }
        }
        return takenOver.flatMap { batch in
            batch.leased.map {
                RecoveredLease(
                    leased: $0, leasedAt: batch.from.leasedAt,
                    isForCall: batch.from.purpose == Int64(Claim.Purpose.call.rawValue))
            }
        }
    }
}

private struct TakenBatch: Sendable {
    let id: Int64
    let from: EndedBatch
    let leased: [LeasedUser]
}

/// A batch that nobody will settle.
private struct EndedBatch: Sendable {
    let id: Int64
    let purpose: Int64
    let leasedAt: Timestamp
    /// What was not settled, in the order of places.
    let open: [Int64]

    /// Holds it against settlements, and others that take over.
    static func next(
        now: Timestamp, name: String, member: Int64, known: [Int64], _ session: Session
    ) throws -> EndedBatch? {
        let batch = try session.run([
            Statement(
                """
                SELECT id, purpose, leased_at FROM bankrefreshd.batches
                WHERE (member <> $1 OR id <> ALL ($2::int8[])) AND (until_at < $3 OR member IN (
                    SELECT id FROM bankrefreshd.members WHERE name = $4 AND id <> $1))
                ORDER BY until_at, id LIMIT 1 FOR UPDATE SKIP LOCKED
                """, .int8(member), .int8s(known), .int8(now), .text(name))
        ])[0].first
        guard let batch else { return nil }
        let id = try DamagedStore.required(batch.integer(0), "batch")
        let open = try session.run([
            Statement(
                """
                SELECT p FROM bankrefreshd.batches b CROSS JOIN unnest(b.places) AS p
                JOIN bankrefreshd.schedule s ON s.place = p
                WHERE b.id = $1 AND s.last_batch <> b.id ORDER BY p
                """, .int8(id))
        ])[0]
        return EndedBatch(
            id: id, purpose: try DamagedStore.required(batch.integer(1), "purpose"),
            leasedAt: try DamagedStore.required(batch.moment(2), "leased_at"),
            open: try open.map { try DamagedStore.required($0.integer(0), "place") })
    }

    /// The first of its open places go; the row goes with the last.
    func give(up places: [Int64], _ session: Session) throws {
        _ = try session.run([
            places.count == open.count
                ? Statement("DELETE FROM bankrefreshd.batches WHERE id = $1", .int8(id))
                : Statement(
                    "UPDATE bankrefreshd.batches SET places = $2 WHERE id = $1", .int8(id),
                    .int8s(open.dropFirst(places.count).map(Optional.some)))
        ])
    }

    /// Earlier openings of the name, of which nothing is left.
    static func forgetMembers(name: String, member: Int64) -> Statement {
        Statement(
            """
            DELETE FROM bankrefreshd.members m WHERE name = $1 AND id <> $2
                AND NOT EXISTS (SELECT FROM bankrefreshd.batches b WHERE b.member = m.id)
            """, .text(name), .int8(member))
    }
}
