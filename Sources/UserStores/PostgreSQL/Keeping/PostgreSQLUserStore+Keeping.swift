package import RefreshCore

extension PostgreSQLUserStore {
    /// The places that are leased: those in open batches that were not settled under that batch.
    static let leased = """
        (SELECT b.place FROM (SELECT id, unnest(places) AS place FROM bankrefreshd.batches) b
            JOIN bankrefreshd.schedule h ON h.place = b.place WHERE h.last_batch <> b.id)
        """

    package func census(now: Timestamp) async throws(StoreProblem) -> Census {
        let questions = FigureQuestions.census(now: now)
        return try await perform(.patient) { session in
            try FigureQuestions.census(try session.read(questions, limits: .patient))
        }
    }

    /// Counts at the server, which returns one row per bucket, however many users there are.
    package func dueHistogram(
        from: Timestamp, width: Duration, count: Int, groups: Set<GroupName>
    ) async throws(StoreProblem) -> DueHistogram {
        let empty = DueHistogram(from: from, width: width, count: count)
        let end = from.advanced(
            by: .microseconds(empty.width.wholeMicroseconds.saturatingMultiplied(by: Int64(empty.count))))
        let statement = Statement(
            """
            SELECT g.name, s.state, s.place NOT IN \(Self.leased) AS is_free,
                CASE WHEN s.due IS NULL THEN NULL WHEN s.due < $1::int8 THEN -1 WHEN s.due >= $2::int8 THEN $3::int8
                    ELSE (s.due - $1::int8) / $4::int8 END AS bucket,
                count(*)
            FROM bankrefreshd.schedule s JOIN bankrefreshd.users u ON u.place = s.place
            LEFT JOIN unnest($5::text[]) AS g(name) ON g.name = u.group_name
            GROUP BY 1, 2, 3, 4
            """, .int8(from), .int8(end), .int8(empty.count), .int8(empty.width.wholeMicroseconds),
            .texts(groups.map(\.rawValue)))
        return try await read(statement) { rows in
            var histogram = empty
            for row in rows {
                let due = row.integer(3).map { bucket in
                    from.advanced(by: .microseconds(empty.width.wholeMicroseconds.saturatingMultiplied(by: bucket)))
                }
                histogram.add(
                    Int(row.integer(4) ?? 0), of: row.text(0).flatMap(GroupName.init),
                    in: try UserState.Kind(storeCode: row.integer(1)), due: due, isFree: row.flag(2))
            }
            return histogram
        }
    }

    // MARK: Marks of the store

    package func clockMark() async throws(StoreProblem) -> ClockMark? {
        try await read(Meta.select(.clockMark)) { try $0.metaJSON(ClockMark.self) }
    }

    package func setClockMark(_ mark: ClockMark) async throws(StoreProblem) {
        try await change(limits: .scheduler, by: [try Meta.set(.clockMark, toJSON: mark)])
    }

    package func fleetPause() async throws(StoreProblem) -> FleetPause? {
        let statement = Statement("SELECT paused_until, pause_reason FROM bankrefreshd.fleet WHERE one")
        return try await read(statement) { rows in
            guard let row = rows.first, let until = row.moment(0) else { return nil }
            return FleetPause(until: until == .distantFuture ? nil : until, reason: row.text(1))
        }
    }

    package func setFleetPause(_ pause: FleetPause?) async throws(StoreProblem) {
        let until = pause.map { $0.until ?? .distantFuture }
        let update = Statement(
            "UPDATE bankrefreshd.fleet SET paused_until = $1, pause_reason = $2 WHERE one", .int8(until),
            .text(pause?.reason))
        // Resuming also ends a pause by throttling.
        try await change(announced: true, by: pause == nil ? [update, FleetStatements.forgetThrottling] : [update])
    }

    private struct StoredRestoration: Codable {
        var takenAt: Int64
        var restoredAt: Int64
        var isTakenOver: Bool
        var isFollowed: Bool
        /// Absent in rows written by older versions.
        var isReopening: Bool?
    }

    package func restoration() async throws(StoreProblem) -> StoreRestoration? {
        try await read(Meta.select(.restoration)) { rows in
            try rows.metaJSON(StoredRestoration.self).map { stored in
                StoreRestoration(
                    takenAt: Timestamp(microsecondsSinceEpoch: stored.takenAt),
                    restoredAt: Timestamp(microsecondsSinceEpoch: stored.restoredAt),
                    isTakenOver: stored.isTakenOver, isFollowed: stored.isFollowed,
                    isReopening: stored.isReopening ?? false)
            }
        }
    }

    package func setRestoration(_ restoration: StoreRestoration) async throws(StoreProblem) {
        let stored = StoredRestoration(
            takenAt: restoration.takenAt.microsecondsSinceEpoch,
            restoredAt: restoration.restoredAt.microsecondsSinceEpoch, isTakenOver: restoration.isTakenOver,
            isFollowed: restoration.isFollowed, isReopening: restoration.isReopening)
        try await change(by: [try Meta.set(.restoration, toJSON: stored)])
    }

    package func refreshTokenHolders(storedBy moment: Timestamp, limit: Int) async throws(StoreProblem)
        -> RefreshTokenHolders
    {
        let condition = "refresh_token IS NOT NULL AND (token_issued_at IS NULL OR token_issued_at <= $1)"
        let statements = [
            Statement("SELECT count(*) FROM bankrefreshd.users WHERE \(condition)", .int8(moment)),
            Statement(
                "SELECT id FROM bankrefreshd.users WHERE \(condition) ORDER BY id LIMIT $2", .int8(moment),
                .int8(limit)),
        ]
        return try await perform(.patient) { session in
            let rows = try session.read(statements, limits: .patient)
            return RefreshTokenHolders(count: rows[0].number, first: try rows[1].map { try $0.id(0) })
        }
    }

    // MARK: The server's own

    /// Nothing to verify: each connection checks whether the server is the same.
    package func verifyPlace() async throws(StoreProblem) {}

    /// The disk belongs to the server.
    package func space() async throws(StoreProblem) -> StoreSpace? { nil }

    /// The server reclaims and reuses space on its own.
    package func compact(after mark: String?) async throws(StoreProblem) -> CompactionStep {
        CompactionStep(next: .done, share: 1)
    }
}
