/// Finds SUCCESS in an answer at a fraction of the price of decoding it.
///
/// One pass checks the whole document against RFC 8259 and looks at `result` on the top level alone. It says SUCCESS
/// only where full decoding would say so too; whatever it is not sure of, it leaves to full decoding: escaped keys,
/// characters beyond ASCII, deep nesting, and every document that is not well-formed.
enum ResponseScan {
    enum Finding: Equatable, Sendable {
        /// A well-formed object with `result` SUCCESS, once.
        case success
        /// A well-formed object with several `result`s: it is unclear which one is meant.
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

    /// Moves past one value; false if it is not a well-formed one.
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
