import CLibpq
import RefreshCore

/// The result of one statement, in binary format; freed with this object.
final class Rows {
    fileprivate let result: OpaquePointer

    /// Takes ownership of the result.
    init(_ result: OpaquePointer) {
        self.result = result
    }

    deinit {
        PQclear(result)
    }

    var count: Int { Int(PQntuples(result)) }

    /// The number of rows that an INSERT, UPDATE or DELETE wrote, or that a SELECT returned.
    var affected: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// The command that was executed, as the server names it.
    var command: String { PQcmdStatus(result).map { String(cString: $0) } ?? "" }

    var first: Row? { count > 0 ? self[0] : nil }

    subscript(index: Int) -> Row { Row(rows: self, index: Int32(index)) }

    func map<Value>(_ body: (Row) throws -> Value) rethrows -> [Value] {
        try (0..<count).map { try body(self[$0]) }
    }

    /// One row; keeps the whole result alive.
    struct Row {
        private let rows: Rows
        private let index: Int32
        private var offset: Int32 = 0

        fileprivate init(rows: Rows, index: Int32) {
            self.rows = rows
            self.index = index
        }

        /// The same row, with columns counted from this one.
        func from(_ column: Int) -> Row {
            var row = self
            row.offset += Int32(column)
            return row
        }

        /// Nil for NULL, or if `body` returns nil.
        private func field<Value>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> Value?) -> Value? {
            withExtendedLifetime(rows) {
                let column = offset + Int32(column)
                guard PQgetisnull(rows.result, index, column) == 0, let start = PQgetvalue(rows.result, index, column)
                else { return nil }
                return body(
                    UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(rows.result, index, column))))
            }
        }

        /// The value of a column of type int2, int4, int8 or bool.
        func integer(_ column: Int) -> Int64? {
            field(column) { field in
                switch field.count {
                case 8: Int64(bigEndian: field.loadUnaligned(as: Int64.self))
                case 4: Int64(Int32(bigEndian: field.loadUnaligned(as: Int32.self)))
                case 2: Int64(Int16(bigEndian: field.loadUnaligned(as: Int16.self)))
                case 1: Int64(field[0])
                default: nil
                }
            }
        }

        func flag(_ column: Int) -> Bool { integer(column) == 1 }

        func moment(_ column: Int) -> Timestamp? {
            integer(column).map(Timestamp.init(microsecondsSinceEpoch:))
        }

        func text(_ column: Int) -> String? {
            field(column) { String(decoding: $0, as: UTF8.self) }
        }

        func bytes(_ column: Int) -> [UInt8]? {
            field(column) { Array($0) }
        }
    }
}
