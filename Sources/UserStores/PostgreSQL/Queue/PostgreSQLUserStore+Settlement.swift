package import RefreshCore
import Synchronization

extension PostgreSQLUserStore {
    package func settle(_ settlements: [Settlement]) async throws(StoreProblem) -> [SettlementResult] {
        var results = [SettlementResult](repeating: .refused, count: settlements.count)
        var rest = Array(settlements.indices)
        // Repeated settlements of a lease run one after another, as if they were separate calls.
        while !rest.isEmpty {
            var seen = Set<Lease>()
            var (round, later): ([Int], [Int]) = ([], [])
            for index in rest {
                if seen.insert(settlements[index].lease).inserted { round.append(index) } else { later.append(index) }
            }
            rest = later
            let open = batches.withLock { batches in round.filter { batches.holds(settlements[$0].lease) } }
            guard !open.isEmpty else { continue }
            for (index, result) in zip(open, try await settleEach(open.map { settlements[$0] })) {
                results[index] = result
            }
        }
        return results
    }

    private func settleEach(_ settlements: [Settlement]) async throws(StoreProblem) -> [SettlementResult] {
        let days = Set(settlements.compactMap { $0.attempt.map { Int32(clamping: $0.startedAt.day) } })
        try await ensurePartitions(days)
        let places = Dictionary(grouping: settlements, by: \.lease.id).mapValues { $0.map(\.lease.place.rawValue) }
        let (complete, settled) = batches.withLock { batches in
            (places.filter { batches.isComplete($0.key, without: Set($0.value)) }, batches.settled(restedBy: .now))
        }
        let shortened = settled.filter { complete[$0.id] == nil }
        let counts = complete.mapValues(\.count)
        let sent = SettlementStatements(settlements, complete: counts, member: member)
        let shortenings = BatchStatements.shorten(shortened, member: member)
        let results: [SettlementResult] = try await perform(.queue) { [member] session in
            let rows: [Rows]
            do throws(PostgreSQLError) {
                rows = try session.write(
                    [BatchStatements.expectServer, sent.lock, sent.settle] + shortenings, limits: .queue)
            } catch {
                guard error.state == .checkViolation || error.state == .uniqueViolation else { throw error }
                session.rollBack()
                // The partition of a day is missing: histories were removed in the meantime.
                if error.state == .checkViolation { try HistoryPartitions.create(days, session) }
                // Or a user had another attempt in the same millisecond; that is rare, and checking for it costs a
                // lookup per user.
                let careful = SettlementStatements(
                    settlements, complete: counts, member: member, findsFreeMoments: true)
                rows = try session.write(
                    [BatchStatements.expectServer, careful.lock, careful.settle] + shortenings, limits: .queue)
            }
            let written = Set(try rows[2].map { try SettlementStatements.key($0) })
            guard written.count < settlements.count else { return settlements.map { _ in .settled } }
            // Find out why the other settlements found no row to write.
            let standing = try session.read([sent.select], limits: .queue)[0]
            return try SettlementStatements.results(settlements, written: written, standing: standing)
        }
        batches.withLock { batches in
            batches.shortened(shortened)
            for (settlement, result) in zip(settlements, results) {
                switch result {
                case .settled: batches.settle(settlement.lease, as: settlement.user)
                case .refused: batches.forget(settlement.lease)
                case .changed: break
                }
            }
        }
        try await endComplete()
        return results
    }
}

/// The statements of one round of settlements, all from the same arrays.
private struct SettlementStatements {
    /// Locks the batches, so that a takeover waits for this transaction, and the reverse.
    let lock: Statement
    let settle: Statement
    let select: Statement

    struct Key: Hashable {
        let batch: Int64
        let place: Int64
    }

    /// Reads a batch and a place, beginning at `column`.
    static func key(_ row: Rows.Row, at column: Int = 0) throws -> Key {
        Key(batch: try row.required(column, "batch"), place: try row.required(column + 1, "place"))
    }

    /// `complete` batches are deleted if as many of their users are written as it says.
    ///
    /// If a user already has an attempt in the same millisecond, the server refuses, unless `findsFreeMoments`.
    init(
        _ settlements: [Settlement], complete: [Int64: Int], member: Int64, findsFreeMoments: Bool = false
    ) {
        // Sort by place: two transactions that write the same users then wait for each other instead of deadlocking.
        let sorted = settlements.sorted { $0.lease.place < $1.lease.place }
        let ids = Set(sorted.map(\.lease.id)).sorted()
        lock = Statement(
            """
            SELECT FROM bankrefreshd.batches WHERE id = ANY ($1::int8[]) AND member = $2 ORDER BY id FOR SHARE
            """, .int8s(ids), .int8(member))
        var arrays = ArrayColumns()
        arrays.add("batch", "int8", .int8s(sorted.map(\.lease.id)))
        arrays.add("place", "int8", .int8s(sorted.map(\.lease.place.rawValue)))
        arrays.add("revision", "int8", .int8s(sorted.map(\.revision)))
        arrays.add(ScheduleRow.columns, of: sorted.map(\.user))
        arrays.add("reason", texts: sorted.map(\.user.record.lastAttempt?.reason))
        arrays.add(HistoryRow.columns, of: sorted.map(\.attempt))
        arrays.add("a_reason", texts: sorted.map { $0.attempt?.reason })
        let days = Set(sorted.compactMap { $0.attempt.map { Int32(clamping: $0.startedAt.day) } })
        let (batches, owner) = (arrays.mark(.int8s(ids)), arrays.mark(.int8(member)))
        let history: HistoryRow.Insertion =
            findsFreeMoments ? .atFreeMoments(days: arrays.mark(.int4s(Array(days)))) : .asTold
        let ending = arrays.mark(.int8s(Array(complete.keys)))
        let counts = arrays.mark(.int8s(complete.values.map(Int64.init)))
        let attempts = (HistoryRow.columns.map(\.name) + ["a_reason"]).map { "u.\($0)" }.joined(separator: ", ")
        settle = Statement(
            """
            WITH held AS (
                SELECT b.id, unnest(b.places) AS place FROM bankrefreshd.batches b
                WHERE b.id = ANY (\(batches)::int8[]) AND b.member = \(owner)::int8),
            written AS (
                UPDATE bankrefreshd.schedule s SET \(ScheduleRow.assignments), last_batch = u.batch
                FROM \(arrays.table) JOIN held h ON h.place = u.place AND h.id = u.batch
                WHERE s.place = u.place AND s.revision = u.revision AND s.last_batch <> u.batch
                RETURNING u.batch, u.place, u.reason, \(attempts)),
            reasoned AS (
                INSERT INTO bankrefreshd.reasons (place, text)
                SELECT place, reason FROM written WHERE reason IS NOT NULL
                ON CONFLICT (place) DO UPDATE SET text = excluded.text),
            unreasoned AS (
                DELETE FROM bankrefreshd.reasons r USING written w WHERE r.place = w.place AND w.reason IS NULL),
            kept AS (\(HistoryRow.insert(history))),
            counted AS (\(HistoryRow.count)),
            ended AS (
                DELETE FROM bankrefreshd.batches b
                USING unnest(\(ending)::int8[], \(counts)::int8[]) AS c(id, users)
                WHERE b.id = c.id AND b.member = \(owner)::int8 AND NOT b.is_kept
                    AND (SELECT count(*) FROM written w WHERE w.batch = c.id) = c.users)
            SELECT batch, place FROM written
            """, parameters: arrays.all)
        select = Statement(
            """
            SELECT \(StoredUser.columns), l.batch, l.place, s.last_batch = l.batch
            FROM unnest($1::int8[], $2::int8[]) AS l(batch, place)
            JOIN bankrefreshd.batches b ON b.id = l.batch AND b.member = $3 AND l.place = ANY (b.places)
            JOIN bankrefreshd.users u ON u.place = l.place \(StoredUser.joins)
            """, .int8s(sorted.map(\.lease.id)), .int8s(sorted.map(\.lease.place.rawValue)), .int8(member))
    }

    /// `standing` is the result of `select`.
    static func results(
        _ settlements: [Settlement], written: Set<Key>, standing: Rows
    ) throws -> [SettlementResult] {
        var others: [Key: SettlementResult] = [:]
        for row in standing {
            let key = try key(row, at: StoredUser.columnCount)
            if written.contains(key) { continue }
            let stored = try StoredUser(row)
            // This opening believes the lease open, so an earlier try, whose answer was lost, settled it.
            others[key] =
                row.flag(StoredUser.columnCount + 2) ? .settled : .changed(stored.user, revision: stored.revision)
        }
        return settlements.map { settlement in
            let key = Key(batch: settlement.lease.id, place: settlement.lease.place.rawValue)
            return written.contains(key) ? .settled : others[key] ?? .refused
        }
    }
}
