import RefreshCore

/// The fields of one CSV record, read line by line, because a quoted field may contain line breaks.
///
/// Source: RFC 4180 section 2.
struct CSVRecord {
    enum Quoting {
        case closed
        /// A quoted field continues after the line.
        case open
        /// Not CSV: a quote inside an unquoted field, or text after a closing quote.
        case broken
    }

    private enum Place {
        case fieldStart, unquoted, quoted, afterQuote
    }

    /// The fields without their quotes, concatenated.
    private(set) var bytes: [UInt8] = []
    private(set) var ranges: [Range<Int>] = []
    private let separator: UInt8
    private var place = Place.fieldStart
    private var start = 0

    init(separator: UInt8 = UInt8(ascii: ",")) {
        self.separator = separator
    }

    mutating func reset() {
        bytes.wipe()
        bytes.removeAll(keepingCapacity: true)
        ranges.removeAll(keepingCapacity: true)
        place = .fieldStart
        start = 0
    }

    mutating func append(_ line: Span<UInt8>) -> Quoting {
        if place == .quoted { bytes.append(UInt8(ascii: "\n")) }
        for index in line.indices {
            let byte = line[index]
            switch (place, byte) {
            case (.quoted, UInt8(ascii: "\"")):
                place = .afterQuote
            case (.quoted, _):
                bytes.append(byte)
            case (_, separator):
                endField()
            case (.fieldStart, UInt8(ascii: "\"")):
                place = .quoted
            case (.afterQuote, UInt8(ascii: "\"")):
                place = .quoted
                bytes.append(byte)
            case (.afterQuote, _), (.unquoted, UInt8(ascii: "\"")):
                return .broken
            case (.fieldStart, _), (.unquoted, _):
                place = .unquoted
                bytes.append(byte)
            }
        }
        if place == .quoted { return .open }
        endField()
        return .closed
    }

    private mutating func endField() {
        ranges.append(start..<bytes.count)
        start = bytes.count
        place = .fieldStart
    }
}

/// The ranges of a row's fields within its bytes; nil for a field that the row lacks.
///
/// The size is fixed, so that a row needs no heap allocation; no column is there twice. Few files have more than five
/// columns, so the search is short.
struct FieldRanges {
    private var fields: InlineArray<28, (column: Column, range: Range<Int>)?> = .init(repeating: nil)
    private var count = 0

    subscript(column: Column) -> Range<Int>? {
        for index in 0..<count {
            if let field = fields[index], field.column == column { return field.range }
        }
        return nil
    }

    mutating func add(_ column: Column, _ range: Range<Int>) {
        fields[count] = (column, range)
        count += 1
    }
}
