extension String {
    /// External text, made safe for a log line.
    ///
    /// Control characters become spaces, runs of spaces become one, and text beyond `limit` is cut and marked with an
    /// ellipsis. A mark on a character counts as one more, so that the bytes are bounded too. Repeating it changes
    /// nothing.
    package func sanitized(limit: Int) -> String {
        var clean = UnicodeScalarView()
        var count = 0
        var pendingSpace = false
        // By scalar: a mark that follows a space may form one character with it.
        for scalar in unicodeScalars {
            guard !scalar.isControl, !scalar.isSpace else {
                pendingSpace = count > 0
                continue
            }
            if pendingSpace {
                clean.append(" ")
                count += 1
                pendingSpace = false
            }
            clean.append(scalar)
            count += 1
            if count > limit { return String(clean).cut(to: limit) + "…" }
        }
        return String(clean)
    }

    /// The characters within the first `limit` scalars, less trailing spaces and any that would absorb an ellipsis.
    private func cut(to limit: Int) -> String {
        var kept = ""
        var count = 0
        for character in self {
            count += character.unicodeScalars.count
            guard count <= limit else { break }
            kept.append(character)
        }
        while let last = kept.last, last == " " || "\(last)…".count == 1 { kept.removeLast() }
        return kept
    }
}

/// The letters and digits of ASCII.
extension UInt8 {
    var isDigit: Bool { (0x30...0x39).contains(self) }
    var isLetter: Bool { (0x61...0x7A).contains(self | 0x20) }
    var isHexDigit: Bool { isDigit || (0x61...0x66).contains(self | 0x20) }
}

/// Writes text as bytes, for text that every call needs: a `String` for each part costs more than the text.
extension Array<UInt8> {
    package mutating func append(text: consuming String) {
        text.withUTF8 { append(contentsOf: $0) }
    }

    /// Appends a JSON string with its quotes.
    ///
    /// Source: RFC 8259, section 7.
    package mutating func append(jsonText text: String) {
        append(jsonText: text.utf8Span.span)
    }

    /// Appends a JSON string with its quotes, from bytes that must be UTF-8.
    package mutating func append(jsonText utf8: Span<UInt8>) {
        append(UInt8(ascii: "\""))
        // Most texts are plain, and are copied whole.
        var isPlain = true
        for index in utf8.indices {
            let byte = utf8[index]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { isPlain = false }
        }
        if isPlain {
            utf8.withUnsafeBufferPointer { append(contentsOf: $0) }
        } else {
            for index in utf8.indices { append(escaping: utf8[index]) }
        }
        append(UInt8(ascii: "\""))
    }

    private mutating func append(escaping byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): self += [UInt8(ascii: "\\"), byte]
        case 0x08: append(text: "\\b")
        case 0x09: append(text: "\\t")
        case 0x0A: append(text: "\\n")
        case 0x0C: append(text: "\\f")
        case 0x0D: append(text: "\\r")
        case 0..<0x20: append(text: "\\u00" + (byte < 0x10 ? "0" : "") + String(byte, radix: 16))
        default: append(byte)
        }
    }

    /// Appends the number with at least `width` digits.
    package mutating func append(decimal value: Int64, width: Int = 1) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(digitsOf: value.magnitude, width: width)
    }

    private mutating func append(digitsOf value: UInt64, width: Int) {
        if value > 9 || width > 1 { append(digitsOf: value / 10, width: width - 1) }
        append(UInt8(ascii: "0") + UInt8(value % 10))
    }
}

extension Double {
    /// A rate in words, to three figures: `9.62 calls a second`; in calls a minute if it is below one a second.
    package var callsText: String {
        self < 1 ? "\((self * 60).threeFigures) calls a minute" : "\(threeFigures) calls a second"
    }

    private var threeFigures: String {
        let scale: Double = self < 10 ? 100 : self < 100 ? 10 : 1
        return ((self * scale).rounded() / scale).plainText
    }

    /// The number without a fraction if it is whole: `3`, `2.5`.
    var plainText: String {
        // A larger value does not fit an `Int`.
        self == rounded() && abs(self) < 1e15 ? "\(Int(self))" : "\(self)"
    }
}

extension Int {
    /// The number and its noun: `1 user`, `1,204 users`.
    package func counted(_ noun: String, _ plural: String? = nil) -> String {
        "\(grouped) \(self == 1 ? noun : plural ?? noun + "s")"
    }

    /// The number with thousands separators: `1,204`.
    package var grouped: String {
        var digits = String(self)
        var position = digits.count - 3
        while position > (self < 0 ? 1 : 0) {
            digits.insert(",", at: digits.index(digits.startIndex, offsetBy: position))
            position -= 3
        }
        return digits
    }
}

extension Int64 {
    /// The number with at least `width` digits.
    func padded(to width: Int) -> String {
        let digits = String(self)
        return String(repeating: "0", count: Swift.max(0, width - digits.utf8.count)) + digits
    }

    /// A number of bytes in decimal units, to two figures or the whole: `958 bytes`, `1.1 KB`, `3.6 GB`, `192 MB`.
    package var bytesText: String {
        guard magnitude >= 1_000 else { return "\(self) byte\(self == 1 ? "" : "s")" }
        var value = Double(self)
        var unit = ""
        for next in ["KB", "MB", "GB", "TB", "PB", "EB"] {
            value /= 1_000
            unit = next
            // A value that rounds to a thousand is one of the next unit.
            if value.magnitude < 999.5 { break }
        }
        let tenths = (value * 10).rounded() / 10
        guard tenths.magnitude < 10, tenths != tenths.rounded() else { return "\(Int(value.rounded())) \(unit)" }
        return "\(tenths) \(unit)"
    }
}

extension Unicode.Scalar {
    /// The other ASCII spaces are control characters.
    fileprivate var isSpace: Bool { isASCII ? self == " " : properties.isWhitespace }

    /// Whether a terminal or a log viewer may act on the character instead of showing it.
    ///
    /// These are C0, C1, DEL, line and paragraph separators, and the invisible ones that reorder text.
    package var isControl: Bool {
        // The table of categories is slow to consult, and most text is ASCII.
        if isASCII { return value < 0x20 || value == 0x7F }
        return switch properties.generalCategory {
        case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .privateUse, .unassigned:
            true
        default: false
        }
    }
}
