import GRDB

/// Rewrites neighbouring rows of a table so that they fill fewer pages.
///
/// When rows are removed here and there, all pages stay in use, half empty.
///
/// Runs on the writer outside a transaction, and opens one itself. Rows keep their keys and all of their content.
struct RowPacker {
    let db: Database
    /// Rows rewritten per batch.
    let limit: Int

    /// Packs rows after a mark; returns the mark to continue from.
    func pack(after mark: CompactionMark) throws -> CompactionMark {
        switch mark {
        case .attempts(let day, let place): try packAttempts(day: day, after: place)
        case .rows(.users, let place):
            try pack(.users, after: place).map { .rows(.users, place: $0) } ?? .rows(.schedule, place: -1)
        case .rows(.schedule, let place):
            try pack(.schedule, after: place).map { .rows(.schedule, place: $0) } ?? .pages
        case .pages: .pages
        }
    }

    private func packAttempts(day: Int64, after place: Int64) throws -> CompactionMark {
        let last = try rewrite(
            "attempts", columns: "day, place", in: "day = ? AND place > ?",
            upTo: "day = ? AND place > ? AND place <= ?",
            order: "day, place, at", [day, place])
        if let last { return .attempts(day: day, place: last) }
        let next = try Int64.fetchOne(
            db, sql: "SELECT day FROM attempts WHERE day > ? ORDER BY day LIMIT 1", arguments: [day])
        return next.map { .attempts(day: $0, place: -1) } ?? .rows(.users, place: -1)
    }

    private func pack(_ table: PackedTable, after place: Int64) throws -> Int64? {
        try rewrite(
            table.rawValue, columns: "place", in: "place > ?", upTo: "place > ? AND place <= ?", order: "place", [place]
        )
    }

    /// Rewrites a batch; returns the last place it looked at, nil if there was none.
    ///
    /// A batch that would save no page is rolled back and writes nothing.
    private func rewrite(
        _ table: String, columns: String, in range: String, upTo part: String, order: String, _ start: [Int64]
    ) throws -> Int64? {
        let copy = "temp.packed_\(table)"
        // Create it only once: GRDB drops its prepared statements whenever a table is created.
        let known = "SELECT 1 FROM temp.sqlite_master WHERE name = 'packed_\(table)'"
        if try Int.fetchOne(db, sql: known) == nil {
            try db.execute(sql: "CREATE TEMP TABLE packed_\(table) AS SELECT * FROM main.\(table) LIMIT 0")
        }
        // Rows of other tables that refer to these stay where they are.
        try db.execute(sql: "PRAGMA foreign_keys = OFF")
        defer { try? db.execute(sql: "PRAGMA foreign_keys = ON") }
        var last: Int64?
        try db.inTransaction(.immediate) {
            // A user's attempts of one day stay together, so the batch may exceed the limit.
            last = try Int64.fetchOne(
                db,
                sql: """
                    SELECT max(place) FROM (
                        SELECT place FROM main.\(table) WHERE \(range) ORDER BY \(columns) LIMIT \(limit))
                    """, arguments: StatementArguments(start))
            guard let last else { return .rollback }
            let bounds = StatementArguments(start + [last])
            let before = try usedPages()
            try db.execute(
                sql: "INSERT INTO \(copy) SELECT * FROM main.\(table) WHERE \(part) ORDER BY \(order)",
                arguments: bounds)
            try db.execute(sql: "DELETE FROM main.\(table) WHERE \(part)", arguments: bounds)
            try db.execute(sql: "INSERT INTO main.\(table) SELECT * FROM \(copy) ORDER BY \(order)")
            try db.execute(sql: "DELETE FROM \(copy)")
            return try usedPages() < before ? .commit : .rollback
        }
        return last
    }

    private func usedPages() throws -> Int64 {
        try (Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0)
            - (Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0)
    }
}
