/// A JSON object on one line whose values are texts and numbers.
///
/// The reader is written by hand because a general decoder hides what matters here: duplicate keys, and the digits of
/// a number that is too large for a `Double`.
struct FlatJSONObject {
    /// The unescaped values of the line that was read last, concatenated.
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
        if let range = try value(of: column, line, &cursor) { fields.add(column, range) }
    }

    /// The range of the value in `bytes`; nil for `null`, which counts as no value.
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

/// A position in a line of JSON that advances token by token.
///
/// All methods must get the same line. Source: RFC 8259.
struct JSONCursor {
    private(set) var position = 0

    /// The next byte after white space.
    mutating func next(_ line: Span<UInt8>) throws(RowProblem) -> UInt8 {
        skipSpace(line)
        guard position < line.count else { throw .notJSON(.cutShort) }
        return line[position]
    }

    mutating func isAtEnd(_ line: Span<UInt8>) -> Bool {
        skipSpace(line)
        return position == line.count
    }

    mutating func expect(_ byte: UInt8, _ line: Span<UInt8>) throws(RowProblem) {
        guard try next(line) == byte else { throw unexpected }
        position += 1
    }

    mutating func expect(word: StaticString, _ line: Span<UInt8>) throws(RowProblem) {
        for expected in word.description.utf8 {
            guard position < line.count else { throw .notJSON(.cutShort) }
            guard line[position] == expected else { throw unexpected }
            position += 1
        }
    }

    /// Appends the unescaped text of a string to `output`.
    mutating func string(_ line: Span<UInt8>, to output: inout [UInt8]) throws(RowProblem) {
        try expect(UInt8(ascii: "\""), line)
        while position < line.count {
            let byte = line[position]
            switch byte {
            case UInt8(ascii: "\""):
                position += 1
                return
            case UInt8(ascii: "\\"):
                position += 1
                try escape(line, to: &output)
            case 0..<0x20:
                throw unexpected
            default:
                output.append(byte)
                position += 1
            }
        }
        throw .notJSON(.cutShort)
    }

    /// Appends the digits of a whole number to `output`; returns false if the number has a fraction or an exponent.
    mutating func wholeNumber(_ line: Span<UInt8>, to output: inout [UInt8]) throws(RowProblem) -> Bool {
        let start = position
        if line[position] == UInt8(ascii: "-") { position += 1 }
        let digits = position
        while position < line.count, (0x30...0x39).contains(line[position]) { position += 1 }
        guard position > digits else { throw position < line.count ? unexpected : .notJSON(.cutShort) }
        if line[digits] == 0x30, position > digits + 1 { throw .notJSON(.unexpected(position: digits + 2)) }
        for index in start..<position { output.append(line[index]) }
        guard position < line.count else { return true }
        return ![UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E")].contains(line[position])
    }

    var unexpected: RowProblem { .notJSON(.unexpected(position: position + 1)) }

    private mutating func skipSpace(_ line: Span<UInt8>) {
        while position < line.count,
            line[position] == 0x20 || line[position] == 0x09 || line[position] == 0x0D
        {
            position += 1
        }
    }

    private mutating func escape(_ line: Span<UInt8>, to output: inout [UInt8]) throws(RowProblem) {
        guard position < line.count else { throw .notJSON(.cutShort) }
        let byte = line[position]
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): output.append(byte)
        case UInt8(ascii: "b"): output.append(0x08)
        case UInt8(ascii: "f"): output.append(0x0C)
        case UInt8(ascii: "n"): output.append(0x0A)
        case UInt8(ascii: "r"): output.append(0x0D)
        case UInt8(ascii: "t"): output.append(0x09)
        case UInt8(ascii: "u"):
            position += 1
            return try output.append(contentsOf: String(Character(unicodeEscape(line))).utf8)
        default: throw unexpected
        }
        position += 1
    }

    /// Reads four hex digits, and the second half of a surrogate pair if they are the first.
    private mutating func unicodeEscape(_ line: Span<UInt8>) throws(RowProblem) -> Unicode.Scalar {
        let start = position
        let first = try hex(line)
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard first < 0xDC00 else { throw .notJSON(.unexpected(position: start + 1)) }
        try expect(word: "\\u", line)
        let second = try hex(line)
        guard (0xDC00...0xDFFF).contains(second),
            let scalar = Unicode.Scalar(0x10000 + (first - 0xD800) << 10 + (second - 0xDC00))
        else { throw .notJSON(.unexpected(position: start + 1)) }
        return scalar
    }

    private mutating func hex(_ line: Span<UInt8>) throws(RowProblem) -> UInt32 {
        var value: UInt32 = 0
        for _ in 0..<4 {
            guard position < line.count else { throw .notJSON(.cutShort) }
            guard let digit = Character(Unicode.Scalar(line[position])).hexDigitValue, line[position] < 0x80
            else { throw unexpected }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        return value
    }
}
