import GRDB
import GRDBSQLite
import RefreshCore

/// A statement of the hot path, bound and read through SQLite's own functions.
///
/// GRDB prepares and caches it, but GRDB's boxed arguments and rows cost more than SQLite's own work. A statement is
/// used within one access to the database and left reset, so that it holds no page or lock.
struct PreparedStatement {
    private let database: Database
    private let statement: Statement

    init(_ sql: String, in database: Database) throws {
        self.database = database
        statement = try database.cachedStatement(sql: sql)
    }

    /// Runs a statement that returns no rows; returns how many rows it changed.
    @discardableResult
    func run<each Parameter: StatementValue>(_ parameters: repeat each Parameter) throws -> Int {
        try run { $0.add(repeat each parameters) }
    }

    /// As above, for parameters that `bind` adds.
    @discardableResult
    func run(binding bind: (inout Values) -> Void) throws -> Int {
        try read(binding: bind) { _ in true }
        return Int(sqlite3_changes(sqlite3_db_handle(statement.sqliteStatement)))
    }

    /// The first row, read by `read`; nil when there is none.
    func first<each Parameter: StatementValue, Value>(
        _ parameters: repeat each Parameter, read: (Columns) throws -> Value
    ) throws -> Value? {
        var value: Value?
        try self.read(repeat each parameters) { columns in
            value = try read(columns)
            return false
        }
        return value
    }

    /// The number in the first row, as of `count(*)`; 0 if there is none.
    func number<each Parameter: StatementValue>(_ parameters: repeat each Parameter) throws -> Int {
        try first(repeat each parameters) { Int($0.integer(0) ?? 0) } ?? 0
    }

    /// Passes up to `limit` rows after a place, which begin with their own places; returns where to continue.
    ///
    /// The statement takes the place and the limit. Nil at the end.
    func page(after place: Place?, limit: Int, _ body: (Columns) throws -> Void) throws -> Place? {
        var last: Place?
        var rows = 0
        try each(place?.rawValue ?? -1, limit) { row in
            rows += 1
            last = try row.place(0)
            try body(row)
        }
        return rows == limit ? last : nil
    }

    /// Every row, read by `read`.
    func all<each Parameter: StatementValue, Value>(
        _ parameters: repeat each Parameter, read: (Columns) throws -> Value
    ) throws -> [Value] {
        var values: [Value] = []
        try each(repeat each parameters) { values.append(try read($0)) }
        return values
    }

    /// Passes every row to `body`.
    func each<each Parameter: StatementValue>(
        _ parameters: repeat each Parameter, body: (Columns) throws -> Void
    ) throws {
        try read(repeat each parameters) { columns in
            try body(columns)
            return true
        }
    }

    /// Passes one row after another to `body` until it returns false.
    func read<each Parameter: StatementValue>(
        _ parameters: repeat each Parameter, while body: (Columns) throws -> Bool
    ) throws {
        try read(binding: { $0.add(repeat each parameters) }, while: body)
    }

    /// As above, for parameters that `bind` adds.
    func read(binding bind: (inout Values) -> Void, while body: (Columns) throws -> Bool) throws {
        // The statement belongs to GRDB's cache, which outlives this access.
        let raw = statement.sqliteStatement
        // The returned code repeats that of the last step, which was already thrown.
        defer { _ = sqlite3_reset(raw) }
        var values = Values(statement: raw)
        bind(&values)
        guard values.code == SQLITE_OK else { throw failure(values.code) }
        while true {
            switch sqlite3_step(raw) {
            case SQLITE_DONE: return
            case SQLITE_ROW:
                guard try body(Columns(statement: raw)) else { return }
            case let code: throw failure(code)
            }
        }
    }

    private func failure(_ code: Int32) -> DatabaseError {
        let raw = database.sqliteConnection
        let message = raw.map { String(cString: sqlite3_errmsg($0)) }
        return DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
    }
}

/// What a statement takes as a parameter, or as several in a row; nil is NULL.
protocol StatementValue {
    func add(to values: inout PreparedStatement.Values)
}

extension Int64: StatementValue {
    func add(to values: inout PreparedStatement.Values) { values.add(integer: self) }
}

extension Int: StatementValue {
    func add(to values: inout PreparedStatement.Values) { values.add(integer: Int64(self)) }
}

extension Timestamp: StatementValue {
    func add(to values: inout PreparedStatement.Values) { values.add(integer: microsecondsSinceEpoch) }
}

extension Place: StatementValue {
    func add(to values: inout PreparedStatement.Values) { values.add(integer: rawValue) }
}

extension String: StatementValue {
    func add(to values: inout PreparedStatement.Values) { values.add(text: self) }
}

extension [UInt8]: StatementValue {
    func add(to values: inout PreparedStatement.Values) { values.add(bytes: self) }
}

extension Optional: StatementValue where Wrapped: StatementValue {
    func add(to values: inout PreparedStatement.Values) {
        if let self { self.add(to: &values) } else { values.addNull() }
    }
}

extension PreparedStatement {
    /// Binds the values of a statement's parameters, one after another.
    struct Values {
        /// SQLITE_TRANSIENT, a macro that Swift does not see: the address -1 asks for a copy.
        private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

        private let statement: OpaquePointer
        private var index: Int32 = 0
        private(set) var code = SQLITE_OK

        fileprivate init(statement: OpaquePointer) {
            self.statement = statement
        }

        mutating func add<each Parameter: StatementValue>(_ parameters: repeat each Parameter) {
            repeat (each parameters).add(to: &self)
        }

        fileprivate mutating func addNull() {
            index += 1
            note(sqlite3_bind_null(statement, index))
        }

        fileprivate mutating func add(integer: Int64) {
            index += 1
            note(sqlite3_bind_int64(statement, index, integer))
        }

        fileprivate mutating func add(text: String) {
            index += 1
            // The zero-terminated form binds an empty text as a text and not as NULL; SQLite copies it before the call
            // returns.
            note(text.withCString { sqlite3_bind_text(statement, index, $0, -1, Self.copied) })
        }

        fileprivate mutating func add(bytes: [UInt8]) {
            index += 1
            // SQLite copies the bytes before the call returns.
            note(
                bytes.withUnsafeBytes {
                    sqlite3_bind_blob64(statement, index, $0.baseAddress, UInt64($0.count), Self.copied)
                }
            )
        }

        private mutating func note(_ code: Int32) {
            if code != SQLITE_OK { self.code = code }
        }
    }

    /// The columns of the current row; valid until the next row is requested.
    struct Columns: StoredColumns {
        private let statement: OpaquePointer

        fileprivate init(statement: OpaquePointer) {
            self.statement = statement
        }

        func integer(_ column: Int) -> Int64? {
            // Faster than two lookups in the row; safe because a connection serves one thread at a time.
            let value = sqlite3_column_value(statement, Int32(column))
            return sqlite3_value_type(value) == SQLITE_NULL ? nil : sqlite3_value_int64(value)
        }

        func text(_ column: Int) -> String? {
            let index = Int32(column)
            guard let start = sqlite3_column_text(statement, index) else { return nil }
            // SQLite keeps that many bytes there until the next step; they are copied here.
            let count = Int(sqlite3_column_bytes(statement, index))
            return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        }

        /// Whether the column is this text, byte by byte.
        func isText(_ column: Int, _ expected: String) -> Bool {
            let index = Int32(column)
            guard let start = sqlite3_column_text(statement, index) else { return false }
            // As in `text`.
            let count = Int(sqlite3_column_bytes(statement, index))
            return expected.utf8.elementsEqual(UnsafeBufferPointer(start: start, count: count))
        }

        func bytes(_ column: Int) -> [UInt8]? {
            let index = Int32(column)
            guard sqlite3_column_type(statement, index) != SQLITE_NULL else { return nil }
            // As in `text`; a blob without bytes is a null pointer.
            let start = sqlite3_column_blob(statement, index)
            return Array(
                UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(statement, index)))
            )
        }
    }
}
