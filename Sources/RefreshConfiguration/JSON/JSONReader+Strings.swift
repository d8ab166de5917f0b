extension JSONReader {
    /// Reads a text, beginning at its opening quote.
    mutating func string() throws(JSONSyntaxProblem) -> String {
        let start = position
        advance()
        var text: [UInt8] = []
        while let byte = next {
            switch byte {
            case UInt8(ascii: "\""):
                advance()
                return String(decoding: text, as: UTF8.self)
            case UInt8(ascii: "\\"):
                text.append(contentsOf: String(try escape()).utf8)
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                throw JSONSyntaxProblem(fault: .unterminatedText, position: start)
            case 0..<0x20: throw problem(.controlCharacter)
            default: take(into: &text)
            }
        }
        throw JSONSyntaxProblem(fault: .unterminatedText, position: start)
    }

    private mutating func escape() throws(JSONSyntaxProblem) -> Unicode.Scalar {
        let start = position
        advance()
        let letter = next
        if letter != nil { advance() }
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): break
        default: throw JSONSyntaxProblem(fault: .escape, position: start)
        }
        let unit = try codeUnit(from: start)
        if let scalar = Unicode.Scalar(unit) { return scalar }
        guard UTF16.isLeadSurrogate(UInt16(unit)), next == UInt8(ascii: "\\") else {
            throw JSONSyntaxProblem(fault: .surrogate, position: start)
        }
        advance()
        guard next == UInt8(ascii: "u") else { throw JSONSyntaxProblem(fault: .surrogate, position: start) }
        advance()
        let second = try codeUnit(from: start)
        guard UTF16.isTrailSurrogate(UInt16(second)),
            let scalar = Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (second - 0xDC00))
        else { throw JSONSyntaxProblem(fault: .surrogate, position: start) }
        return scalar
    }

    /// The four hexadecimal digits of `\u`.
    private mutating func codeUnit(from start: TextPosition) throws(JSONSyntaxProblem) -> UInt32 {
        var unit: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next, let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                throw JSONSyntaxProblem(fault: .escape, position: start)
            }
            unit = unit << 4 | UInt32(digit)
            advance()
        }
        return unit
    }
}
