/// Finds the parts of JSON in its bytes, without decoding it.
///
/// Source: RFC 8259.
enum JSONWalk {
    /// The strings that are accepted.
    enum Strings {
        /// In ASCII and without escaped surrogates: what is left needs full decoding.
        case plain
        /// All characters and escapes, in text that is known to be UTF-8.
        case any
    }

    typealias Member = (key: Range<Int>, value: Range<Int>)

    /// Deeper than any answer, and shallow enough for any stack.
    private static let deepest = 32

    /// Skips an object and reports the position of each key and value; nil if it is not well-formed.
    static func members(_ bytes: Span<UInt8>, _ index: inout Int) -> [Member]? {
        var members: [Member] = []
        let isObject = object(bytes, &index, .any) { member, _ in
            members.append(member)
            return true
        }
        return isObject ? members : nil
    }

    /// Moves past an object; false if it is not well-formed, or if `found` returns false.
    ///
    /// `found` gets each member of the object itself, and whether its key is free of escapes.
    static func object(
        _ bytes: Span<UInt8>, _ index: inout Int, _ strings: Strings, depth: Int = 0,
        found: (_ member: Member, _ hasPlainKey: Bool) -> Bool
    ) -> Bool {
        guard take(UInt8(ascii: "{"), bytes, &index) else { return false }
        skipSpace(bytes, &index)
        if take(UInt8(ascii: "}"), bytes, &index) { return true }
        repeat {
            skipSpace(bytes, &index)
            let key = index
            guard let isPlain = string(bytes, &index, strings) else { return false }
            let keyEnd = index
            guard colon(bytes, &index) else { return false }
            let value = index
            guard self.value(bytes, &index, strings, depth: depth + 1),
                found((key..<keyEnd, value..<index), isPlain)
            else { return false }
            skipSpace(bytes, &index)
        } while take(UInt8(ascii: ","), bytes, &index)
        return take(UInt8(ascii: "}"), bytes, &index)
    }

    /// The bytes of a string's content with its escapes resolved; nil if a surrogate stands alone.
    static func unescaped(_ bytes: Span<UInt8>, _ content: Range<Int>) -> [UInt8]? {
        var plain: [UInt8] = []
        // The result is never longer than the escaped text, and growing the array would leave copies of a token behind.
        plain.reserveCapacity(content.count)
        var index = content.lowerBound
        while index < content.upperBound {
            guard bytes[index] == UInt8(ascii: "\\") else {
                plain.append(bytes[index])
                index += 1
                continue
            }
            switch bytes[index + 1] {
            case UInt8(ascii: "u"):
                guard let scalar = scalar(bytes, &index) else { return nil }
                plain.append(contentsOf: Character(scalar).utf8)
                continue
            case UInt8(ascii: "b"): plain.append(0x08)
            case UInt8(ascii: "f"): plain.append(0x0C)
            case UInt8(ascii: "n"): plain.append(0x0A)
            case UInt8(ascii: "r"): plain.append(0x0D)
            case UInt8(ascii: "t"): plain.append(0x09)
            case let itself: plain.append(itself)
            }
            index += 2
        }
        return plain
    }

    /// Moves past one value; false if it is not well-formed.
    private static func value(_ bytes: Span<UInt8>, _ index: inout Int, _ strings: Strings, depth: Int) -> Bool {
        guard index < bytes.count, depth <= deepest else { return false }
        switch bytes[index] {
        case UInt8(ascii: "\""): return string(bytes, &index, strings) != nil
        case UInt8(ascii: "{"): return object(bytes, &index, strings, depth: depth) { _, _ in true }
        case UInt8(ascii: "["): return array(bytes, &index, strings, depth: depth)
        case UInt8(ascii: "t"): return word("true", bytes, &index)
        case UInt8(ascii: "f"): return word("false", bytes, &index)
        case UInt8(ascii: "n"): return word("null", bytes, &index)
        default: return number(bytes, &index)
        }
    }

    private static func array(_ bytes: Span<UInt8>, _ index: inout Int, _ strings: Strings, depth: Int) -> Bool {
        index += 1
        skipSpace(bytes, &index)
        if take(UInt8(ascii: "]"), bytes, &index) { return true }
        repeat {
            skipSpace(bytes, &index)
            guard value(bytes, &index, strings, depth: depth + 1) else { return false }
            skipSpace(bytes, &index)
        } while take(UInt8(ascii: ","), bytes, &index)
        return take(UInt8(ascii: "]"), bytes, &index)
    }
}

/// The smallest parts of JSON. Source: RFC 8259 sections 2, 6 and 7.
extension JSONWalk {
    static func skipSpace(_ bytes: Span<UInt8>, _ index: inout Int) {
        while index < bytes.count {
            switch bytes[index] {
            case 0x20, 0x09, 0x0A, 0x0D: index += 1
            default: return
            }
        }
    }

    static func take(_ byte: UInt8, _ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private static func colon(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        skipSpace(bytes, &index)
        guard take(UInt8(ascii: ":"), bytes, &index) else { return false }
        skipSpace(bytes, &index)
        return true
    }

    private static func word(_ word: StaticString, _ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        let end = index + word.utf8CodeUnitCount
        guard equals(word, bytes, index..<end) else { return false }
        index = end
        return true
    }

    static func equals(_ word: StaticString, _ bytes: Span<UInt8>, _ range: Range<Int>) -> Bool {
        guard range.upperBound <= bytes.count, range.count == word.utf8CodeUnitCount else { return false }
        // Safe: the literal lives as long as the program, and its pointer covers exactly its code units.
        for offset in 0..<word.utf8CodeUnitCount where bytes[range.lowerBound + offset] != word.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Moves past a string; returns whether it is free of escapes, or nil if it is not accepted.
    private static func string(_ bytes: Span<UInt8>, _ index: inout Int, _ strings: Strings) -> Bool? {
        guard take(UInt8(ascii: "\""), bytes, &index) else { return nil }
        var isPlain = true
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return isPlain
            case UInt8(ascii: "\\"):
                isPlain = false
                guard escape(bytes, &index, strings) else { return nil }
            case 0x20...0x7F: index += 1
            case 0x80... where strings == .any: index += 1
            default: return nil
            }
        }
        return nil
    }

    private static func escape(_ bytes: Span<UInt8>, _ index: inout Int, _ strings: Strings) -> Bool {
        guard index + 1 < bytes.count else { return false }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 2
            return true
        case UInt8(ascii: "u"):
            // Surrogates come in pairs, which only full decoding can check.
            guard codeUnit(bytes, index) != nil, strings == .any || bytes[index + 2] | 0x20 != UInt8(ascii: "d")
            else { return false }
            index += 6
            return true
        default: return false
        }
    }

    static func number(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        _ = take(UInt8(ascii: "-"), bytes, &index)
        if !take(UInt8(ascii: "0"), bytes, &index) {
            guard digits(bytes, &index) else { return false }
        }
        if take(UInt8(ascii: "."), bytes, &index) {
            guard digits(bytes, &index) else { return false }
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            index += 1
            if !take(UInt8(ascii: "+"), bytes, &index) { _ = take(UInt8(ascii: "-"), bytes, &index) }
            return digits(bytes, &index)
        }
        return true
    }

    private static func digits(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        let start = index
        while index < bytes.count, bytes[index].isASCIIDigit { index += 1 }
        return index > start
    }

    /// The scalar that `\uXXXX`, or a surrogate pair of them, encodes.
    private static func scalar(_ bytes: Span<UInt8>, _ index: inout Int) -> Unicode.Scalar? {
        guard let first = codeUnit(bytes, index) else { return nil }
        index += 6
        guard UTF16.isLeadSurrogate(first) else { return Unicode.Scalar(first) }
        guard let second = codeUnit(bytes, index), UTF16.isTrailSurrogate(second) else { return nil }
        index += 6
        return Unicode.Scalar(0x10000 + (UInt32(first) - 0xD800) << 10 + (UInt32(second) - 0xDC00))
    }

    private static func codeUnit(_ bytes: Span<UInt8>, _ index: Int) -> UInt16? {
        guard index + 5 < bytes.count, bytes[index] == UInt8(ascii: "\\"), bytes[index + 1] == UInt8(ascii: "u") else {
            return nil
        }
        var unit: UInt16 = 0
        for offset in 2...5 {
            guard let digit = Character(Unicode.Scalar(bytes[index + offset])).hexDigitValue else { return nil }
            unit = unit << 4 | UInt16(digit)
        }
        return unit
    }
}
