/// How a spreadsheet changed a value.
package enum SpreadsheetDamage: Equatable, Sendable {
    /// `1.23457E+17`: a long number that was rounded.
    case rounded
    /// `="0001"`: a formula that keeps text from becoming a number.
    case formula
    /// `'0001`: a mark with the same purpose.
    case apostrophe
    /// `#N/A`: a formula that failed.
    case failedFormula

    /// The damage that a value shows; nil if it shows none.
    init?(_ value: Span<UInt8>) {
        guard value.count > 1 else { return nil }
        switch value[0] {
        case UInt8(ascii: "=") where value[1] == UInt8(ascii: "\""): self = .formula
        case UInt8(ascii: "'") where Self.wouldBeCalculated(value[1]): self = .apostrophe
        case UInt8(ascii: "#") where Self.isFailure(value): self = .failedFormula
        case _ where Self.isRounded(value): self = .rounded
        default: return nil
        }
    }

    /// Whether a field of the line begins like a formula.
    static func isFormula(in line: Span<UInt8>, _ separator: UInt8) -> Bool {
        line.indices.contains { index in
            index + 1 < line.count && line[index] == UInt8(ascii: "=") && line[index + 1] == UInt8(ascii: "\"")
                && (index == 0 || line[index - 1] == separator)
        }
    }

    private static func wouldBeCalculated(_ byte: UInt8) -> Bool {
        isDigit(byte) || [UInt8(ascii: "="), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "@")].contains(byte)
    }

    private static func isFailure(_ value: Span<UInt8>) -> Bool {
        ["#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NUM!", "#NULL!"].contains { name in
            name.utf8.count == value.count && zip(value.indices, name.utf8).allSatisfy { value[$0] == $1 }
        }
    }

    /// Whether the value is digits, an optional fraction, and an exponent with a plus sign.
    private static func isRounded(_ value: Span<UInt8>) -> Bool {
        guard value.count <= 32 else { return false }
        var index = value[0] == UInt8(ascii: "-") ? 1 : 0
        func digits() -> Int {
            var end = index
            while end < value.count, isDigit(value[end]) { end += 1 }
            return end - index
        }
        var count = digits()
        guard count > 0 else { return false }
        index += count
        if index < value.count, value[index] == UInt8(ascii: ".") || value[index] == UInt8(ascii: ",") {
            index += 1
            index += digits()
        }
        guard index + 1 < value.count, value[index] | 0x20 == UInt8(ascii: "e"), value[index + 1] == UInt8(ascii: "+")
        else { return false }
        index += 2
        count = digits()
        return count > 0 && index + count == value.count
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
}

extension SpreadsheetDamage: CustomStringConvertible {
    package var description: String {
        switch self {
        case .rounded:
            "a spreadsheet rounded the number, as 1.23457E+17, and its digits are lost; format the column as text "
                + "before you enter the values, and export it again"
        case .formula:
            #"it is a formula of a spreadsheet, as ="0001"; export the value, which is the text between the quotes"#
        case .apostrophe:
            "it begins with the apostrophe with which a spreadsheet marks text, as '0001; remove it"
        case .failedFormula: "it is a formula of a spreadsheet that failed, as #N/A; fix it there"
        }
    }
}
