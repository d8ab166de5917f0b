import RefreshCore

/// The fields of one CSV record, taken in line by line since a quoted field may hold line breaks.
///
/// Source: RFC 4180 section 2.
struct CSVRecord {
    enum Quoting {
        case closed
        /// A quoted field goes on after the line.
        case open
        /// No CSV: a quote inside a field, or text after the closing one.
        case broken
    }

    private enum Place {
        case fieldStart, unquoted, quoted, afterQuote
    }

    /// The fields without their quotes, one after the other.
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
