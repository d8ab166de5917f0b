/// Text written byte by byte, for text that every call needs: a `String` for each part costs more than the text.
extension Array<UInt8> {
    package mutating func append(text: consuming String) {
        text.withUTF8 { append(contentsOf: $0) }
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
