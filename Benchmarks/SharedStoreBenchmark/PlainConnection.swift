import CLibpq
import Synchronization

/// A value in the server's binary format.
struct PlainParameter {
    let bytes: [UInt8]

    static func int8(_ value: Int64) -> PlainParameter { PlainParameter(bytes: bytes(of: value)) }

    static func int8(_ bytes: [UInt8]) -> Int64 { bytes.reduce(0) { $0 << 8 | Int64($1) } }

    static func bytes(of number: some FixedWidthInteger) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    /// An array of elements of this type, as they are sent; nil for NULL.
    static func array(_ elements: [[UInt8]?], type: Int32) -> PlainParameter {
        var bytes = Self.bytes(of: Int32(1)) + Self.bytes(of: Int32(elements.contains { $0 == nil } ? 1 : 0))
        bytes += Self.bytes(of: type) + Self.bytes(of: Int32(clamping: elements.count)) + Self.bytes(of: Int32(1))
        for element in elements {
            bytes += Self.bytes(of: Int32(clamping: element?.count ?? -1))
            bytes += element ?? []
        }
        return PlainParameter(bytes: bytes)
    }
}

/// One connection that waits on its thread, for the queue that the store is compared with.
final class PlainConnection: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// The address of libpq's connection; 0 once it is closed.
    private let raw: Mutex<UInt>

    init(socket: String, database: String) throws {
        let connection = PQconnectdb("host='\(socket)' dbname='\(database)' user='bench'")
        raw = Mutex(UInt(bitPattern: connection))
        guard PQstatus(connection) == CONNECTION_OK else { throw Failure(description: "no connection to \(socket)") }
    }

    func close() {
        raw.withLock { raw in
            PQfinish(OpaquePointer(bitPattern: raw))
            raw = 0
        }
    }

    /// The rows that a statement brings, field by field.
    func run(_ sql: String, _ parameters: [PlainParameter]) throws -> [[[UInt8]?]] {
        try raw.withLock { raw in
            let connection = OpaquePointer(bitPattern: raw)
            let result = Self.send(sql, parameters, connection)
            defer { PQclear(result) }
            guard [PGRES_COMMAND_OK, PGRES_TUPLES_OK].contains(PQresultStatus(result)) else {
                throw Failure(description: String(cString: PQresultErrorMessage(result)))
            }
            return (0..<PQntuples(result)).map { row in
                (0..<PQnfields(result)).map { column in
                    guard PQgetisnull(result, row, column) == 0, let start = PQgetvalue(result, row, column) else {
                        return nil
                    }
                    return Array(UnsafeRawBufferPointer(start: start, count: Int(PQgetlength(result, row, column))))
                }
            }
        }
    }

    private static func send(
        _ sql: String, _ parameters: [PlainParameter], _ connection: OpaquePointer?
    ) -> OpaquePointer? {
        let all = parameters.flatMap(\.bytes) + [0]
        return all.withUnsafeBytes { buffer in
            let start = buffer.bindMemory(to: CChar.self).baseAddress
            var offset = 0
            let pointers = parameters.map { parameter -> UnsafePointer<CChar>? in
                defer { offset += parameter.bytes.count }
                return start.map { $0 + offset }
            }
            return PQexecParams(
                connection, sql, Int32(parameters.count), nil, pointers, parameters.map { Int32($0.bytes.count) },
                [Int32](repeating: 1, count: parameters.count), 1)
        }
    }
}
