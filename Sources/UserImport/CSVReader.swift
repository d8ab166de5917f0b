/// Turns the lines of a CSV file into rows.
///
/// A record with valid quoting may span lines. If the quoting is invalid, only the first line is refused and reading
/// continues with the next one, so that one stray quote does not swallow the rows after it.
struct CSVReader {
    private var header: CSVHeader?
    private var record = CSVRecord()
    private var ranges: [Range<Int>] = []
    /// The lines of a record with an open quote, in case the quote never closes.
    private var pending: [(number: Int, bytes: [UInt8])] = []
    private var pendingBytes = 0

    mutating func take(_ line: Span<UInt8>, number: Int, into rows: inout RowAssembler) throws(ImportRefusal) {
        guard let header else {
            let header = try CSVHeader(line)
            record = CSVRecord(separator: header.separator)
            self.header = header
            return
        }
        guard pending.isEmpty else {
            hold(line, number)
            return resolve(into: &rows)
        }
        if splitUnquoted(line, at: header.separator) {
            header.add(line: number, line, ranges, to: &rows)
            return
        }
        record.reset()
        switch record.append(line) {
        case .closed: header.add(line: number, record.bytes.span, record.ranges, to: &rows)
        case .broken:
            rows.refuse(line: number, SpreadsheetDamage.isFormula(in: line, header.separator) ? .formula : .strayQuote)
        case .open: hold(line, number)
        }
    }

    /// Handles a line that is too long to be held: a record that is open before it ends there.
    mutating func takeOverlong(number: Int, into rows: inout RowAssembler) throws(ImportRefusal) {
        if header == nil { throw .noHeader }
        finish(into: &rows)
        rows.refuse(line: number, .tooLong)
    }

    /// Finds the fields of a line without quotes; returns false if the line has one.
    private mutating func splitUnquoted(_ line: Span<UInt8>, at separator: UInt8) -> Bool {
        ranges.removeAll(keepingCapacity: true)
        var start = 0
        for index in line.indices {
            let byte = line[index]
            if byte == UInt8(ascii: "\"") { return false }
            if byte == separator {
                ranges.append(start..<index)
                start = index + 1
            }
        }
        ranges.append(start..<line.count)
        return true
    }

    private mutating func hold(_ line: Span<UInt8>, _ number: Int) {
        pending.append((number, line.withUnsafeBufferPointer { Array($0) }))
        pendingBytes += line.count + 1
    }

    /// Adds the newest held line to the open record.
    private mutating func resolve(into rows: inout RowAssembler) {
        guard let newest = pending.last else { return }
        switch record.append(newest.bytes.span) {
        case .open where pendingBytes <= UserFileParser.longestLine: return
        case .open, .broken: retry(into: &rows)
        case .closed:
            header?.add(line: pending[0].number, record.bytes.span, record.ranges, to: &rows)
            pending = []
            pendingBytes = 0
        }
    }

    /// Ends a record that is still open.
    mutating func finish(into rows: inout RowAssembler) {
        while !pending.isEmpty { retry(into: &rows) }
    }

    /// Refuses the first held line and reads the others again, until all are read or a record is open again.
    private mutating func retry(into rows: inout RowAssembler) {
        rows.refuse(line: pending[0].number, .unclosedQuote)
        record.reset()
        var first = 1
        var end = 1
        while end < pending.count {
            let isFirst = end == first
            let line = pending[end].bytes
            switch record.append(line.span) {
            case .open:
                end += 1
                continue
            case .closed:
                header?.add(line: pending[first].number, record.bytes.span, record.ranges, to: &rows)
                first = end + 1
            case .broken:
                rows.refuse(line: pending[first].number, isFirst ? .strayQuote : .unclosedQuote)
                first += 1
            }
            end = first
            record.reset()
        }
        pendingBytes = pending[first...].reduce(0) { $0 + $1.bytes.count + 1 }
        pending.removeFirst(first)
    }
}
