/// A JSON object whose values are text and numbers, read from one line.
///
/// Read by hand because a general decoder hides what matters here: a key that is there twice, and the digits of a
/// number too large for a `Double`.
struct FlatJSONObject {
    /// The values of the line last read, unescaped, one after the other.
    private(set) var bytes: [UInt8] = []
    private(set) var fields = FieldRanges()
    private var key: [UInt8] = []
    private var seen: [Column] = []

    mutating func read(_ line: Span<UInt8>) throws(RowProblem) {
        bytes.removeAll(keepingCapacity: true)
        seen.removeAll(keepingCapacity: true)
        fields = FieldRanges()
        var cursor = JSONCursor()
        guard try cursor.next(line) == UInt8(ascii: "{") else { throw .notJSON(.notAnObject) }
        try cursor.expect(UInt8(ascii: "{"), line)
        if try cursor.next(line) == UInt8(ascii: "}") {
            try cursor.expect(UInt8(ascii: "}"), line)
        } else {
            try member(line, &cursor)
            while try cursor.next(line) == UInt8(ascii: ",") {
                try cursor.expect(UInt8(ascii: ","), line)
                try member(line, &cursor)
            }
            try cursor.expect(UInt8(ascii: "}"), line)
        }
        guard cursor.isAtEnd(line) else { throw cursor.unexpected }
    }

    private mutating func member(_ line: Span<UInt8>, _ cursor: inout JSONCursor) throws(RowProblem) {
        key.removeAll(keepingCapacity: true)
        try cursor.string(line, to: &key)
        guard let column = Column(key.span) else {
            throw .unknownKey(UnknownName(key.span, position: seen.count + 1, besideKnown: !seen.isEmpty))
        }
        guard !seen.contains(column) else { throw .repeatedKey(column) }
        seen.append(column)
        try cursor.expect(UInt8(ascii: ":"), line)
        fields[column] = try value(of: column, line, &cursor)
    }

    /// Where the value went; nil for `null`, which is as good as no value.
    private mutating func value(
        of column: Column,
        _ line: Span<UInt8>,
        _ cursor: inout JSONCursor
    ) throws(RowProblem) -> Range<Int>? {
        let start = bytes.count
        switch try cursor.next(line) {
        case UInt8(ascii: "\""):
            try cursor.string(line, to: &bytes)
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"):
            let isWhole = try cursor.wholeNumber(line, to: &bytes)
            guard isWhole, column.takesNumber else { throw .wrongType(column) }
        case UInt8(ascii: "n"):
            try cursor.expect(word: "null", line)
            return nil
        case UInt8(ascii: "{"), UInt8(ascii: "["), UInt8(ascii: "t"), UInt8(ascii: "f"):
            throw .wrongType(column)
        default:
            throw cursor.unexpected
        }
        return start..<bytes.count
    }
}
