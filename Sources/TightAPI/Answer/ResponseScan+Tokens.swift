/// The smallest parts of JSON. Source: RFC 8259 sections 2, 6 and 7.
extension ResponseScan {
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

    static func colon(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        skipSpace(bytes, &index)
        guard take(UInt8(ascii: ":"), bytes, &index) else { return false }
        skipSpace(bytes, &index)
        return true
    }

    static func word(_ word: StaticString, _ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        let end = index + word.utf8CodeUnitCount
        guard equals(word, bytes, from: index, to: end) else { return false }
        index = end
        return true
    }

    static func equals(_ word: StaticString, _ bytes: Span<UInt8>, from start: Int, to end: Int) -> Bool {
        guard end <= bytes.count, end - start == word.utf8CodeUnitCount else { return false }
        // Safe: the literal lives as long as the program, and its pointer covers exactly its code units.
        for offset in 0..<word.utf8CodeUnitCount where bytes[start + offset] != word.utf8Start[offset] {
            return false
        }
        return true
    }

    /// Moves past a string of ASCII characters: whether it is free of escapes, or nil if it is no such string.
    static func string(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool? {
        guard take(UInt8(ascii: "\""), bytes, &index) else { return nil }
        var isPlain = true
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                return isPlain
            case UInt8(ascii: "\\"):
                isPlain = false
                guard escape(bytes, &index) else { return nil }
            case 0x20...0x7F: index += 1
            default: return nil
            }
        }
        return nil
    }

    private static func escape(_ bytes: Span<UInt8>, _ index: inout Int) -> Bool {
        guard index + 1 < bytes.count else { return false }
        switch bytes[index + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            index += 2
            return true
        case UInt8(ascii: "u"):
            guard index + 5 < bytes.count else { return false }
            // Surrogates come in pairs that only decoding can check.
            guard bytes[index + 2] | 0x20 != UInt8(ascii: "d") else { return false }
            for offset in 2...5 where !isHexDigit(bytes[index + offset]) { return false }
            index += 6
            return true
        default: return false
        }
    }

    private static func isHexDigit(_ byte: UInt8) -> Bool {
        byte.isASCIIDigit || (0x61...0x66).contains(byte | 0x20)
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
}
