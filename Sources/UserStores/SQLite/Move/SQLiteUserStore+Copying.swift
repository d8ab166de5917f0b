import FoundationEssentials
import GRDB
package import RefreshCore

extension SQLiteUserStore: StoreCopying {
    package var address: String { path }

    package func maker() async throws(StoreProblem) -> String {
        try await read { db in try Meta.text(.createdBy, in: db) ?? "" }
    }

    /// Nil: a process that has the file open has it alone, so the leases of other processes are lost.
    package func lastLeaseEnd() async throws(StoreProblem) -> Timestamp? { nil }
    package func leaseHolders() async throws(StoreProblem) -> Set<Int64> { [] }

    // MARK: From it

    package func rowCount(of table: CopiedTable) async throws(StoreProblem) -> Int {
        try await read { db in try Int.fetchOne(db, sql: "SELECT count(*) FROM \(table.rawValue)") ?? 0 }
    }

    package func rows(
        of table: CopiedTable, after key: [Int64]?, limit: Int
    ) async throws(StoreProblem) -> CopiedRows {
        try await read { db in
            let marks = Array(repeating: "?", count: table.keyCount).joined(separator: ", ")
            let statement = try PreparedStatement(
                """
                SELECT \(table.columnNames) FROM \(table.rawValue)
                \(key == nil ? "" : "WHERE (\(table.keyNames)) > (\(marks))") ORDER BY \(table.keyNames) LIMIT ?
                """, in: db)
            var rows = CopiedRows(of: table, reserving: min(limit, table.rowsAtOnce))
            try statement.read(
                binding: { values in
                    for number in key ?? [] { values.add(number) }
                    values.add(limit)
                },
                while: {
                    rows.add($0)
                    return true
                })
            return rows
        }
    }

    package func note(_ departure: StoreDeparture?) async throws(StoreProblem) {
        try await write { db in
            guard let departure else { return try Meta.remove(.departure, in: db) }
            try Meta.set(.departure, toJSON: departure, in: db)
        }
    }

    package func reopen(as restoration: StoreRestoration?) async throws(StoreProblem) {
        try await write { db in
            try restoration?.begin(in: db)
            try Meta.remove(.departure, in: db)
        }
    }

    // MARK: To it

    package func begin(_ arrival: StoreArrival) async throws(StoreProblem) {
        try await write { db in
            for table in CopiedTable.allCases.reversed() { try db.execute(sql: "DELETE FROM \(table.rawValue)") }
            try db.execute(sql: "DELETE FROM leases")
            let kept: [Meta.Key] = [.seed, .createdBy, .leaseNumbers, .unsweptRemovals]
            let marks = Array(repeating: "?", count: kept.count).joined(separator: ", ")
            try db.execute(
                sql: "DELETE FROM meta WHERE key NOT IN (\(marks))", arguments: StatementArguments(kept.map(\.rawValue))
            )
            try Meta.set(.users, to: 0, in: db)
            try Meta.set(.arrival, toJSON: arrival, in: db)
        }
    }

    /// Nothing to wait for: what a killed process had not committed is gone.
    package func add(_ rows: CopiedRows, areFirst: Bool, noting arrival: StoreArrival) async throws(StoreProblem) {
        try await write { db in
            let table = rows.table
            let marks = Array(repeating: "?", count: table.columns.count).joined(separator: ", ")
            let insertion = try PreparedStatement(
                "INSERT INTO \(table.rawValue) (\(table.columnNames)) VALUES (\(marks))", in: db)
            for row in 0..<rows.count {
                try insertion.run { values in
                    for column in rows.columns {
                        switch column.column.kind {
                        case .int8, .int4, .int2: values.add(column.numbers[row])
                        case .text: values.add(column.texts[row])
                        case .bytes: values.add(column.bytes[row])
                        }
                    }
                }
            }
            try Meta.set(.arrival, toJSON: arrival, in: db)
        }
    }

    package func prepare() async {}

    package func complete(seed: UInt64, maker: String, as origin: StoreOrigin) async throws(StoreProblem) {
        try await write { db in
            try Meta.set(.seed, to: Int64(bitPattern: seed), in: db)
            try Meta.set(.createdBy, to: maker, in: db)
            try Meta.set(.users, to: try Int64.fetchOne(db, sql: "SELECT count(*) FROM users") ?? 0, in: db)
            try Meta.remove(.arrival, in: db)
            try Meta.set(.origin, toJSON: origin, in: db)
        }
    }

    package func untoldOrigin() async throws(StoreProblem) -> StoreOrigin? {
        try await read { db in try Meta.json(.origin, StoreOrigin.self, in: db) }
    }

    package func noteOriginTold() async throws(StoreProblem) {
        try await write { db in try Meta.remove(.origin, in: db) }
    }
}

extension Meta {
    static func set(_ key: Key, toJSON value: some Encodable, in db: Database) throws {
        try set(key, to: String(decoding: try JSONEncoder().encode(value), as: UTF8.self), in: db)
    }

    static func json<Value: Decodable>(_ key: Key, _ type: Value.Type, in db: Database) throws -> Value? {
        guard let text = try text(key, in: db) else { return nil }
        guard let value = try? JSONDecoder().decode(type, from: Data(text.utf8)) else {
            throw DamagedStore(what: "a value of meta cannot be read")
        }
        return value
    }
}
