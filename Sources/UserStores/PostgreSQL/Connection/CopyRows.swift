/// Rows in the binary format of COPY, collected until there are enough to send.
///
/// Source: PostgreSQL documentation, COPY, "Binary Format".
struct CopyRows {
    private static let most = 65_536
    private static let header = Array("PGCOPY\n".utf8) + [0xff] + Array("\r\n".utf8) + [UInt8](repeating: 0, count: 9)

    private(set) var bytes = header

    var isFull: Bool { bytes.count >= Self.most }

    mutating func sent() { bytes.removeAll(keepingCapacity: true) }

    /// Begins a row; all its fields are added next, in the order of the columns.
    mutating func begin(fields: Int) { append(Int16(fields)) }

    mutating func end() { append(Int16(-1)) }

    /// Adds a number for a column of this width; nil is NULL, and a number that does not fit is clamped.
    mutating func add(_ number: Int64?, _ width: NumberColumnWidth = .int8) {
        guard let number else { return append(Int32(-1)) }
        switch width {
        case .int8: add(field: number)
        case .int4: add(field: Int32(clamping: number))
        case .int2: add(field: Int16(clamping: number))
        }
    }

    mutating func add(_ text: String?) {
        guard var text else { return append(Int32(-1)) }
        text.withUTF8 { utf8 in
            append(Int32(utf8.count))
            bytes.append(contentsOf: utf8)
        }
    }

    mutating func add(_ value: [UInt8]?) {
        guard let value else { return append(Int32(-1)) }
        append(Int32(value.count))
        bytes.append(contentsOf: value)
    }

    private mutating func add<Number: FixedWidthInteger>(field number: Number) {
        append(Int32(MemoryLayout<Number>.size))
        append(number)
    }

    private mutating func append(_ number: some FixedWidthInteger) {
        withUnsafeBytes(of: number.bigEndian) { bytes.append(contentsOf: $0) }
    }
}
