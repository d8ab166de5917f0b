/// Finds the members of a JSON object in text that is known to be UTF-8.
///
/// Source: RFC 8259. Unlike `ResponseScan`, it accepts all characters and escapes.
enum JSONWalk {
    /// Deeper than any answer, and shallow enough for any stack.
    private static let deepest = 32

    /// Skips an object and reports the position of each key and value; nil if it is not well-formed.
    static func members(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int = 0) -> [(
        key: Range<Int>, value: Range<Int>
    )]? {
        guard ResponseScan.take(UInt8(ascii: "{"), bytes, &index) else { return nil }
        ResponseScan.skipSpace(bytes, &index)
        if ResponseScan.take(UInt8(ascii: "}"), bytes, &index) { return [] }
        var members: [(key: Range<Int>, value: Range<Int>)] = []
        repeat {
            ResponseScan.skipSpace(bytes, &index)
            let key = index
            guard string(bytes, &index) else { return nil }
            let keyEnd = index
            guard ResponseScan.colon(bytes, &index) else { return nil }
            let value = index
            guard self.value(bytes, &index, depth: depth + 1) else { return nil }
            members.append((key..<keyEnd, value..<index))
            ResponseScan.skipSpace(bytes, &index)
        } while ResponseScan.take(UInt8(ascii: ","), bytes, &index)
        return ResponseScan.take(UInt8(ascii: "}"), bytes, &index) ? members : nil
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

    private static func value(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int) -> Bool {
        guard index < bytes.count, depth <= deepest else { return false }
        switch bytes[index] {
        case UInt8(ascii: "\""): return string(bytes, &index)
        case UInt8(ascii: "{"): return members(bytes, &index, depth: depth) != nil
        case UInt8(ascii: "["): return array(bytes, &index, depth: depth)
        case UInt8(ascii: "t"): return ResponseScan.word("true", bytes, &index)
        case UInt8(ascii: "f"): return ResponseScan.word("false", bytes, &index)
        case UInt8(ascii: "n"): return ResponseScan.word("null", bytes, &index)
        default: return ResponseScan.number(bytes, &index)
        }
    }

    private static func array(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int) -> Bool {
        index += 1
        ResponseScan.skipSpace(bytes, &index)
        if ResponseScan.take(UInt8(ascii: "]"), bytes, &index) { return true }
        repeat {
            ResponseScan.skipSpace(bytes, &index)
            guard value(bytes, &index, depth: depth + 1) else { return false }
            ResponseScan.skipSpace(bytes, &index)
        } while ResponseScan.take(UInt8(ascii: ","), bytes, &index)
        return ResponseScan.take(UInt8(ascii: "]"), bytes, &index)
    }

    private static func string(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        guard ResponseScan.take(UInt8(ascii: "\""), bytes, &index) else { return false }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return true
            case UInt8(ascii: "\\"):
                guard escape(bytes, &index) else { return false }
            case 0..<0x20: return false
            default: index += 1
            }
        }
        return false
    }

    private static func escape(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        guard index + 1 < bytes.count else { return false }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 2
            return true
        case UInt8(ascii: "u"):
            guard codeUnit(bytes, index) != nil else { return false }
            index += 6
            return true
        default: return false
        }
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
            guard let digit = hexDigit(bytes[index + offset]) else { return nil }
            unit = unit << 4 | digit
        }
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
