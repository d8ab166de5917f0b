/// The columns of a CSV file, in order.
struct CSVHeader {
    /// The separator of fields: a comma, or the semicolon of spreadsheets in languages with decimal commas.
    let separator: UInt8
    private let columns: [Column]
    /// The number of trailing columns without a name; a spreadsheet writes them if it once had values there.
    private let unnamed: Int

    init(_ line: Span<UInt8>) throws(ImportRefusal) {
        do { _ = try UTF8Span(validating: line) } catch { throw .notText(line: 1) }
        separator = Self.separator(of: line)
        var record = CSVRecord(separator: separator)
        guard record.append(line) == .closed else { throw .unreadableHeader }
        let bytes = record.bytes.span
        if line.indices.contains(where: { line[$0] == UInt8(ascii: "\r") }) { throw .carriageReturns }
        if separator == UInt8(ascii: "\t") { throw .separator(name: "tab") }
        let named = max(1, (record.ranges.lastIndex { !$0.isEmpty } ?? 0) + 1)
        unnamed = record.ranges.count - named
        let ranges = record.ranges.prefix(named)
        let known = ranges.map { Self.column(bytes.extracting($0)) }
        let unknown = ranges.indices.filter { known[$0] == nil }.map {
            UnknownName(
                bytes.extracting(ranges[$0]),
                position: $0 + 1,
                besideKnown: known.contains { $0 != nil }
            )
        }
        // A line in which no field even resembles a column is the first row of a file without a header.
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

    /// Passes on the fields of a row under the names of their columns.
    func add(line: Int, _ bytes: Span<UInt8>, _ ranges: [Range<Int>], to rows: inout RowAssembler) {
        if ranges.count > 1, ranges.allSatisfy(\.isEmpty) { return rows.passOver(line: line) }
        guard isComplete(ranges) else {
            let id = columns.firstIndex(of: .userID).flatMap { $0 < ranges.count ? ranges[$0] : nil }
            return rows.refuse(
                line: line, .fieldCount(found: ranges.count, expected: columns.count), bytes, id: id)
        }
        var fields = FieldRanges()
        for index in columns.indices { fields.add(columns[index], ranges[index]) }
        rows.add(line: line, bytes, fields)
    }

    private static func column(_ name: Span<UInt8>) -> Column? {
        Column(name).flatMap { Column.ofLists.contains($0) ? $0 : nil }
    }

    private func isComplete(_ ranges: [Range<Int>]) -> Bool {
        ranges.count == columns.count
            || ranges.count > columns.count && ranges.count <= columns.count + unnamed
                && ranges[columns.count...].allSatisfy(\.isEmpty)
    }

    /// The separator that gives the most known columns: a comma unless another gives more.
    private static func separator(of header: Span<UInt8>) -> UInt8 {
        var best = (separator: UInt8(ascii: ","), known: 0)
        for separator in [UInt8(ascii: ","), UInt8(ascii: ";"), UInt8(ascii: "\t")] {
            var record = CSVRecord(separator: separator)
            guard record.append(header) == .closed else { continue }
            let bytes = record.bytes.span
            let known = record.ranges.count { column(bytes.extracting($0)) != nil }
            if known > best.known { best = (separator, known) }
        }
        return best.separator
    }
}
