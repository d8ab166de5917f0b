/// The columns of a CSV file, in its order.
struct CSVHeader {
    private let columns: [Column]

    init(_ line: Span<UInt8>) throws(ImportRefusal) {
        do { _ = try UTF8Span(validating: line) } catch { throw .notText(line: 1) }
        var record = CSVRecord()
        guard record.append(line) == .closed else { throw .unreadableHeader }
        let bytes = record.bytes.span
        if line.indices.contains(where: { line[$0] == UInt8(ascii: "\r") }) { throw .carriageReturns }
        let known = record.ranges.map { Column(bytes.extracting($0)) }
        if known.count == 1, let name = Self.separator(of: bytes) { throw .separator(name: name) }
        let unknown = record.ranges.indices.filter { known[$0] == nil }.map {
            UnknownName(
                bytes.extracting(record.ranges[$0]),
                position: $0 + 1,
                besideKnown: known.contains { $0 != nil }
            )
        }
        // A line of which no field so much as resembles a column is the first row of a file without a header.
        if known.allSatisfy({ $0 == nil }), unknown.contains(where: { $0.nearest == nil }) { throw .noHeader }
        if let first = unknown.first { throw .unknownColumn(first) }
        columns = known.compactMap(\.self)
        for (index, column) in columns.enumerated() where columns[..<index].contains(column) {
            throw .repeatedColumn(column)
        }
        if let missing = Column.required.first(where: { !columns.contains($0) }) {
            throw .missingColumn(missing)
        }
    }

    /// Hands on the fields of a row under the names of their columns.
    func add(line: Int, _ bytes: Span<UInt8>, _ ranges: [Range<Int>], to rows: inout RowAssembler) {
        guard ranges.count == columns.count else {
            return rows.refuse(line: line, .fieldCount(found: ranges.count, expected: columns.count))
        }
        var fields = FieldRanges()
        for index in columns.indices { fields[columns[index]] = ranges[index] }
        rows.add(line: line, bytes, fields)
    }

    /// What separates the columns of a header without commas, when it names one that is known.
    private static func separator(of header: Span<UInt8>) -> String? {
        for (byte, name) in [(UInt8(ascii: ";"), "semicolon"), (UInt8(ascii: "\t"), "tab")] {
            let parts = header.indices.map { header[$0] }.split(separator: byte)
            if parts.count > 1, parts.contains(where: { isColumn(Array($0)) }) { return name }
        }
        return nil
    }

    private static func isColumn(_ name: [UInt8]) -> Bool {
        Column(name.span) != nil
    }
}
