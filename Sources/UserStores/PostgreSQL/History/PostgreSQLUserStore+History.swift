package import RefreshCore
import Synchronization

extension PostgreSQLUserStore {
    package func lines(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool, _ line: @escaping UserLine
    ) async throws(StoreProblem) -> [[UInt8]] {
        let users = try await users(matching: filter, after: after, limit: limit)
        guard histories else { return users.map { line($0, []) } }
        return zip(users, try await self.histories(of: users)).map(line)
    }

    /// All attempts of each user, newest first.
    private func histories(of users: [User]) async throws(StoreProblem) -> [[AttemptRecord]] {
        let places = users.map(\.place.rawValue)
        let found = try await read(
            Statement(
                """
                SELECT \(Self.attemptColumns), place FROM bankrefreshd.attempts WHERE place = ANY ($1::int8[])
                ORDER BY place, day DESC, at DESC
                """, .int8s(places))
        ) { rows in
            var histories: [Int64: [AttemptRecord]] = [:]
            for row in rows {
                histories[try row.required(8, "place"), default: []].append(try Self.attempt(row))
            }
            return histories
        }
        return places.map { found[$0] ?? [] }
    }

    package func history(of id: UserID, before: Timestamp?, limit: Int) async throws(StoreProblem) -> [AttemptRecord]? {
        let day = before.map { Int32(clamping: $0.day) }
        let milliseconds = before.map { Int32(clamping: $0.milliseconds(inDay: $0.day)) }
        return try await ofUser(
            id,
            """
            SELECT \(Self.attemptColumns) FROM bankrefreshd.attempts
            WHERE place = (SELECT place FROM bankrefreshd.users WHERE id = $1)
                AND ($2::int4 IS NULL OR day < $2::int4 OR (day = $2::int4 AND at < $3::int4))
            ORDER BY day DESC, at DESC LIMIT $4::int8
            """, .int4(day), .int4(milliseconds), .int8(limit)
        ) { rows in try rows.map(Self.attempt) }
    }

    /// The columns that `attempt` reads, in order.
    private static let attemptColumns = "\(AttemptRecord.columns), day"

    private static func attempt(_ row: Rows.Row) throws -> AttemptRecord {
        try AttemptRecord(row, day: try row.required(7, "day"))
    }

    package func historyCounts(of id: UserID, since: Timestamp) async throws(StoreProblem) -> HistoryCounts? {
        let day = since.day
        return try await ofUser(
            id,
            """
            SELECT outcome, count(*), min(day * 86400000::int8 + at) FROM bankrefreshd.attempts
            WHERE place = (SELECT place FROM bankrefreshd.users WHERE id = $1)
                AND (day > $2::int4 OR (day = $2::int4 AND at >= $3::int4)) GROUP BY outcome
            """, .int4(Int32(clamping: day)),
            .int4(Int32(clamping: since.milliseconds(inDay: day)))
        ) { rows in
            var counts = HistoryCounts()
            for row in rows {
                counts.byOutcome[try OutcomeKind(storeCode: row.integer(0))] = Int(row.integer(1) ?? 0)
                let first = Timestamp.epoch.advanced(by: .milliseconds(row.integer(2) ?? 0))
                counts.oldest = min(counts.oldest ?? first, first)
            }
            return counts
        }
    }

    /// The result of a statement about a user, whose id is its first parameter; nil if there is no such user.
    private func ofUser<Value: Sendable>(
        _ id: UserID, _ sql: String, _ parameters: Parameter...,
        body: @escaping @Sendable (Rows) throws -> Value
    ) async throws(StoreProblem) -> Value? {
        let statements = [
            Statement("SELECT FROM bankrefreshd.users WHERE id = $1", .text(id.rawValue)),
            Statement(sql, parameters: [.text(id.rawValue)] + parameters),
        ]
        return try await perform(.patient) { session in
            let rows = try session.read(statements, limits: .patient)
            return rows[0].isEmpty ? nil : try body(rows[1])
        }
    }

    package func attemptTallies(since: Timestamp) async throws(StoreProblem) -> [AttemptTally] {
        try await read(FigureQuestions.tallies(since: since)) { try FigureQuestions.tallies($0) }
    }

    /// Drops one old day at a time as a whole partition, however many attempts it holds.
    package func pruneHistory(
        to bounds: HistoryBounds, now: Timestamp, after: Place?, limit: Int
    ) async throws(StoreProblem) -> PruningStep {
        let firstDay = bounds.firstDay(now: now)
        let today = Int32(clamping: now.day)
        if let day = try await partitionedDays().first(where: { $0 < firstDay }) {
            let removed = try await perform(.patient) { session in try HistoryPartitions.drop(day, session) }
            self.days.withLock { _ = $0.remove(day) }
            return PruningStep(removed: removed, next: .again)
        }
        if after == nil {
            let first = AttemptTally.bucket(of: now.advanced(by: .zero - AttemptTally.memory))
            try await change(by: [Statement("DELETE FROM bankrefreshd.tallies WHERE stretch < $1", .int8(first))])
            // Create partitions a week ahead, so that no settlement has to wait for one.
            if !bounds.isOff { try await ensurePartitions(Set((0...7).map { today + $0 }), canWait: true) }
        }
        return try await pruneSurplus(over: bounds.keep, after: after, limit: limit)
    }

    private func pruneSurplus(over keep: Int, after: Place?, limit: Int) async throws(StoreProblem) -> PruningStep {
        let neighbours = Statement(
            """
            SELECT max(place), count(*) FROM (
                SELECT place FROM bankrefreshd.schedule WHERE place > $1 ORDER BY place LIMIT $2) s
            """, .int8(after?.rawValue ?? -1), .int8(limit))
        let (last, count) = try await read(neighbours) { rows in
            (rows.first?.integer(0).flatMap(Place.init(rawValue:)), Int(rows.first?.integer(1) ?? 0))
        }
        guard let last else { return PruningStep(removed: 0, next: .done) }
        let end: PruningStep.Next = count < limit ? .done : .after(last)
        let surplus = Statement(
            """
            SELECT place, count(*) - $3::int8 FROM bankrefreshd.attempts WHERE place > $1 AND place <= $2
            GROUP BY place HAVING count(*) > $3::int8 ORDER BY place
            """, .int8(after?.rawValue ?? -1), .int8(last.rawValue), .int8(keep))
        let users = try await read(surplus) { rows in
            try rows.map { (place: try $0.place(0), count: Int($0.integer(1) ?? 0)) }
        }
        guard !users.isEmpty else { return PruningStep(removed: 0, next: end) }
        return try await change { session in
            var removed = 0
            var handled: Place?
            for user in users {
                let wanted = min(user.count, limit - removed)
                removed += try session.run([
                    Statement(
                        """
                        DELETE FROM bankrefreshd.attempts WHERE place = $1 AND (day, at) IN (
                            SELECT day, at FROM bankrefreshd.attempts WHERE place = $1 ORDER BY day, at LIMIT $2)
                        """, .int8(user.place.rawValue), .int8(wanted))
                ])[0].affected
                guard wanted == user.count else {
                    return PruningStep(removed: removed, next: handled.map(PruningStep.Next.after) ?? .again)
                }
                handled = user.place
            }
            return PruningStep(removed: removed, next: end)
        }
    }
}
