import CLibpq
import RefreshCore

/// The result of one statement, in binary format; freed with this object.
final class Rows: RandomAccessCollection {
    fileprivate let result: OpaquePointer

    /// Takes ownership of the result.
    init(_ result: OpaquePointer) {
        self.result = result
    }

    deinit {
        PQclear(result)
    }

    var startIndex: Int { 0 }
    var endIndex: Int { Int(PQntuples(result)) }
    subscript(index: Int) -> Row { Row(rows: self, index: Int32(index)) }

    /// The number of rows that an INSERT, UPDATE or DELETE wrote, or that a SELECT returned.
    var affected: Int { PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? 0 }

    /// The number in the first row, as of `count(*)`; 0 if there is none.
    var number: Int { Int(first?.integer(0) ?? 0) }

    /// One row; keeps the whole result alive.
    struct Row: StoredColumns {
        fileprivate let rows: Rows
        fileprivate let index: Int32

        /// Nil for NULL, or if `body` returns nil.
        private func field<Value>(_ column: Int, _ body: (UnsafeRawBufferPointer) -> Value?) -> Value? {
            withExtendedLifetime(rows) {
                let column = Int32(column)
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

        func text(_ column: Int) -> String? {
            field(column) { String(decoding: $0, as: UTF8.self) }
        }

        func bytes(_ column: Int) -> [UInt8]? {
            field(column) { Array($0) }
        }
    }
}
