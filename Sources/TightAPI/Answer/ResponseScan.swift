/// Finds SUCCESS in an answer at a fraction of the cost of decoding it.
///
/// One pass checks the whole document against RFC 8259 and looks only at the top-level `result`. It reports SUCCESS
/// only if full decoding would too. It leaves all doubtful cases to full decoding: escaped keys, characters beyond
/// ASCII, deep nesting, and every document that is not well-formed.
enum ResponseScan {
    enum Finding: Equatable, Sendable {
        /// A well-formed object with `result` SUCCESS, once.
        case success
        /// A well-formed object with more than one `result`: it is unclear which one is meant.
        case repeated
        case undecided
    }

    private static let deepest = 32

    static func result(in bytes: Span<UInt8>) -> Finding {
        var index = 0
        var results = 0
        var isSuccess = false
        skipSpace(bytes, &index)
        guard take(UInt8(ascii: "{"), bytes, &index) else { return .undecided }
        skipSpace(bytes, &index)
        if !take(UInt8(ascii: "}"), bytes, &index) {
            repeat {
                skipSpace(bytes, &index)
                let keyStart = index
                guard let isPlainKey = string(bytes, &index), isPlainKey else { return .undecided }
                let isResult = equals("\"result\"", bytes, from: keyStart, to: index)
                guard colon(bytes, &index) else { return .undecided }
                let valueStart = index
                guard value(bytes, &index, depth: 1) else { return .undecided }
                if isResult {
                    results += 1
                    isSuccess = equals("\"SUCCESS\"", bytes, from: valueStart, to: index)
                }
                skipSpace(bytes, &index)
            } while take(UInt8(ascii: ","), bytes, &index)
            guard take(UInt8(ascii: "}"), bytes, &index) else { return .undecided }
        }
        skipSpace(bytes, &index)
        guard index == bytes.count else { return .undecided }
        if results > 1 { return .repeated }
        return isSuccess ? .success : .undecided
    }

    /// Moves past one value; false if it is not well-formed.
    private static func value(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int) -> Bool {
        guard index < bytes.count, depth <= deepest else { return false }
        switch bytes[index] {
        case UInt8(ascii: "\""): return string(bytes, &index) != nil
        case UInt8(ascii: "{"): return object(bytes, &index, depth: depth)
        case UInt8(ascii: "["): return array(bytes, &index, depth: depth)
        case UInt8(ascii: "t"): return word("true", bytes, &index)
        case UInt8(ascii: "f"): return word("false", bytes, &index)
        case UInt8(ascii: "n"): return word("null", bytes, &index)
        default: return number(bytes, &index)
        }
    }

    private static func object(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int) -> Bool {
        index += 1
        skipSpace(bytes, &index)
        if take(UInt8(ascii: "}"), bytes, &index) { return true }
        repeat {
            skipSpace(bytes, &index)
            guard string(bytes, &index) != nil, colon(bytes, &index), value(bytes, &index, depth: depth + 1)
            else {
                return false
            }
            skipSpace(bytes, &index)
        } while take(UInt8(ascii: ","), bytes, &index)
        return take(UInt8(ascii: "}"), bytes, &index)
    }

    private static func array(_ bytes: Span<UInt8>, _ index: inout Int, depth: Int) -> Bool {
        index += 1
        skipSpace(bytes, &index)
        if take(UInt8(ascii: "]"), bytes, &index) { return true }
        repeat {
            skipSpace(bytes, &index)
            guard value(bytes, &index, depth: depth + 1) else { return false }
            skipSpace(bytes, &index)
        } while take(UInt8(ascii: ","), bytes, &index)
        return take(UInt8(ascii: "]"), bytes, &index)
    }
}

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

    /// Moves past an ASCII string; returns whether it is free of escapes, or nil if it is not such a string.
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
            // Surrogates come in pairs, which only full decoding can check.
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
