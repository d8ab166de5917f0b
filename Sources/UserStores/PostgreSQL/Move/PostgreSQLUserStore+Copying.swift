package import RefreshCore

extension PostgreSQLUserStore: StoreCopying {
    package var address: String { place }

    package func maker() async throws(StoreProblem) -> String {
        try await read(Meta.select(.createdBy)) { $0.metaText ?? "" }
    }

    package func lastLeaseEnd() async throws(StoreProblem) -> Timestamp? {
        try await read(Statement("SELECT max(until_at) FROM bankrefreshd.batches")) { $0.first?.moment(0) }
    }

    package func leaseHolders() async throws(StoreProblem) -> Set<Int64> {
        try await read(Statement("SELECT DISTINCT member FROM bankrefreshd.batches WHERE places <> '{}'")) { rows in
            Set(rows.compactMap { $0.integer(0) })
        }
    }

    // MARK: From it

    package func rowCount(of table: CopiedTable) async throws(StoreProblem) -> Int {
        try await read(Statement("SELECT count(*) FROM bankrefreshd.\(table.rawValue)")) { $0.number }
    }

    package func rows(
        of table: CopiedTable, after key: [Int64]?, limit: Int
    ) async throws(StoreProblem) -> CopiedRows {
        guard table == .attempts else {
            return try await read(CopyStatements.rows(of: table, after: key, limit)) { CopiedRows(of: table, $0) }
        }
        // Read one partition after another: all of them together have no order.
        for day in try await partitionedDays() where day >= key?.first ?? .min {
            let start = key.flatMap { $0[0] == day ? $0 : nil }
            let statement = CopyStatements.attempts(of: day, after: start, limit)
            let rows = try await read(statement) { CopiedRows(of: table, $0) }
            if rows.count > 0 { return rows }
        }
        return CopiedRows(of: table)
    }

    /// Stops leases by daemons that already have the store open, too: claims check whether the fleet is on hold.
    package func note(_ departure: StoreDeparture?) async throws(StoreProblem) {
        try await change(announced: true) { session in
            _ = try session.run([
                MarksLock.exclusive,
                try departure.map { try Meta.set(.departure, toJSON: $0) } ?? Meta.remove(.departure),
                CopyStatements.hold(departure != nil),
            ])
        }
    }

    package func reopen(as restoration: StoreRestoration?) async throws(StoreProblem) {
        try await reopen(as: restoration, usersAtOnce: 50_000)
    }

    /// Updates users in batches, since a statement has a time limit.
    ///
    /// The store stays closed until the last batch is done, so an interrupted reopening starts over, with a later
    /// moment.
    package func reopen(as restoration: StoreRestoration?, usersAtOnce: Int) async throws(StoreProblem) {
        if let restoration {
            try await setRestoration(restoration)
            var place: Int64? = .min
            while let after = place {
                place = try await perform(.named) { session in
                    let statements = CopyStatements.countAsReached(restoration.restoredAt, after: after, usersAtOnce)
                    return try session.write(statements, limits: .named)[0].first?.integer(0)
                }
            }
        }
        try await note(nil)
    }

    // MARK: To it

    package func begin(_ arrival: StoreArrival) async throws(StoreProblem) {
        try await change(
            announced: true,
            by: [MarksLock.exclusive] + CopyStatements.empty + [try Meta.set(.arrival, toJSON: arrival)])
    }

    package func add(_ rows: CopiedRows, areFirst: Bool, noting arrival: StoreArrival) async throws(StoreProblem) {
        if rows.table == .attempts {
            try await ensurePartitions(Set(rows.columns[0].numbers.map { Int32(clamping: $0 ?? 0) }))
        }
        try await perform(.patient) { session in
            _ = try session.write(
                [CopyStatements.insert(rows, mayBeThere: areFirst), try Meta.set(.arrival, toJSON: arrival)],
                limits: .patient)
        }
    }

    /// How long it may take to prepare the copy: the server goes on by itself.
    private static let longestPreparation = Duration.seconds(300)

    /// Has the server analyze its tables: the first claims are planned with these statistics.
    ///
    /// One table at a time, since a statement has a time limit, and a table may be in use, such as by a vacuum.
    package func prepare() async {
        let days = (try? await partitionedDays()) ?? []
        let tables = CopiedTable.allCases.filter { $0 != .attempts }.map { "bankrefreshd.\($0.rawValue)" }
        let end = ContinuousClock.now + Self.longestPreparation
        for table in tables + days.map(HistoryPartitions.name) where ContinuousClock.now < end {
            // An automatic vacuum gives way after a second.
            let statements = [Statement("SET LOCAL lock_timeout = '2s'"), Statement("ANALYZE \(table)")]
            _ = try? await perform(.patient) { session in _ = try session.write(statements, limits: .patient) }
        }
    }

    package func complete(seed: UInt64, maker: String, as origin: StoreOrigin) async throws(StoreProblem) {
        try await change(announced: true) { session in
            _ = try session.run([
                Meta.set(.seed, to: String(seed)), Meta.set(.createdBy, to: maker), Meta.remove(.arrival),
                try Meta.set(.origin, toJSON: origin), CopyStatements.hold(false),
            ])
        }
    }

    package func untoldOrigin() async throws(StoreProblem) -> StoreOrigin? {
        try await read(Meta.select(.origin)) { try $0.metaJSON(StoreOrigin.self) }
    }

    package func noteOriginTold() async throws(StoreProblem) {
        try await change(by: [Meta.remove(.origin)])
    }
}

/// The lock of the store's marks, until the transaction ends; only this program uses its number in this database.
///
/// A process that opened the store before they changed learns of it only in its transactions.
enum MarksLock {
    /// Taken by each change of users before it reads the marks.
    static let shared = Statement("SELECT pg_advisory_xact_lock_shared(7310021985)")
    /// Taken to close the store or to change its keys, so that what follows finds every change made by the old marks.
    static let exclusive = Statement("SELECT pg_advisory_xact_lock(7310021985)")
}

private enum CopyStatements {
    static func rows(of table: CopiedTable, after key: [Int64]?, _ limit: Int) -> Statement {
        let start = key.map { key in
            "WHERE (\(table.keyNames)) > (\(key.indices.map { "$\($0 + 2)::int8" }.joined(separator: ", ")))"
        }
        return Statement(
            """
            SELECT \(table.columnNames) FROM bankrefreshd.\(table.rawValue) \(start ?? "")
            ORDER BY \(table.keyNames) LIMIT $1
            """, parameters: [.int8(limit)] + (key ?? []).map { .int8($0) })
    }

    static func attempts(of day: Int32, after key: [Int64]?, _ limit: Int) -> Statement {
        let table = CopiedTable.attempts
        let start = key == nil ? "" : "AND (place, at) > ($3::int8, $4::int4)"
        return Statement(
            """
            SELECT \(table.columnNames) FROM bankrefreshd.\(table.rawValue) WHERE day = $2::int4 \(start)
            ORDER BY place, at LIMIT $1
            """,
            parameters: [.int8(limit), .int4(day)]
                + (key.map { [.int8($0[1]), .int4(Int32(clamping: $0[2]))] } ?? []))
    }

    static func insert(_ rows: CopiedRows, mayBeThere: Bool) -> Statement {
        var arrays = ArrayColumns()
        for values in rows.columns {
            let name = values.column.name
            switch values.column.kind {
            case .int8: arrays.add(name, "int8", .int8s(values.numbers))
            case .int4: arrays.add(name, "int4", NumberColumnWidth.int4.array(values.numbers))
            case .int2: arrays.add(name, "int2", NumberColumnWidth.int2.array(values.numbers))
            case .text: arrays.add(name, "text", .texts(values.texts))
            case .bytes: arrays.add(name, "bytea", .byteas(values.bytes))
            }
        }
        let names = rows.table.columnNames
        // The server may be about to commit the same rows; then this waits. `ON CONFLICT` costs two fifths more.
        return Statement(
            """
            INSERT INTO bankrefreshd.\(rows.table.rawValue) (\(names)) SELECT \(names) FROM \(arrays.table)
            \(mayBeThere ? "ON CONFLICT DO NOTHING" : "")
            """, parameters: arrays.all)
    }

    /// The first statement returns the last place of the batch, NULL if no user is left.
    static func countAsReached(_ moment: Timestamp, after place: Int64, _ limit: Int) -> [Statement] {
        let last = """
            SELECT max(place) FROM (
                SELECT place FROM bankrefreshd.schedule WHERE place > $1 ORDER BY place LIMIT $2::int8) part
            """
        return [
            Statement(last, .int8(place), .int8(limit)),
            Statement(
                """
                UPDATE bankrefreshd.schedule SET reached_at = $3::int8
                WHERE place > $1 AND place <= (\(last)) AND (reached_at IS NULL OR reached_at < $3::int8)
                """, .int8(place), .int8(limit), .int8(moment)),
        ]
    }

    /// Stops or resumes all leases.
    static func hold(_ isHeld: Bool) -> Statement {
        Statement("UPDATE bankrefreshd.fleet SET hold_until = $1 WHERE one", .int8(isHeld ? .distantFuture : nil))
    }

    /// Empties the store except for the partitions of past days, which stay, empty.
    ///
    /// The version of the settings stays as well: no other settings may ever have the same one.
    static let empty = [
        Statement(
            "TRUNCATE \(emptied.map { "bankrefreshd.\($0)" }.joined(separator: ", "))"),
        Statement("DELETE FROM bankrefreshd.meta WHERE key <> ALL ($1::text[])", .texts(kept.map(\.rawValue))),
        Statement(
            """
            UPDATE bankrefreshd.fleet SET paused_until = NULL, pause_reason = NULL, breaker_until = NULL,
                breaker_pause = NULL, breaker_count = NULL, breaker_cause = NULL, prober = NULL, prober_until = NULL,
                settings = NULL
            WHERE one
            """),
        FleetStatements.forgetThrottling, hold(true),
    ]

    private static let emptied =
        CopiedTable.allCases.map(\.rawValue) + ["batches", "calendar_debts", "members", "duties", "groups"]

    private static let kept: [Meta.Key] = [.schema, .oldestSchema, .seed, .createdBy]
}

extension CopiedRows {
    /// Reads rows of the table's columns, in order.
    fileprivate init(of table: CopiedTable, _ rows: Rows) {
        self.init(of: table, reserving: rows.count)
        for row in rows { add(row) }
    }
}
