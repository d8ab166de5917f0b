/// The fields of an `application/x-www-form-urlencoded` body.
///
/// Source: RFC 6749 appendix B; section 3.2: a field without a value is as one left out, and none comes twice.
struct TokenForm {
    private var fields: [String: [UInt8]] = [:]

    /// Nil if a field comes twice or a `%` is not followed by two hex digits.
    init?(_ body: [UInt8]) {
        for field in body.split(separator: UInt8(ascii: "&")) {
            let parts = field.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = parts.first.flatMap(Self.decoded),
                let value = parts.count > 1 ? Self.decoded(parts[1]) : [],
                fields.updateValue(value, forKey: String(decoding: name, as: UTF8.self)) == nil
            else { return nil }
        }
    }

    subscript(name: String) -> [UInt8]? {
        fields[name].flatMap { $0.isEmpty ? nil : $0 }
    }

    func text(_ name: String) -> String? {
        self[name].map { String(decoding: $0, as: UTF8.self) }
    }

    private static func decoded(_ text: ArraySlice<UInt8>) -> [UInt8]? {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): bytes.append(UInt8(ascii: " "))
            case UInt8(ascii: "%"):
                guard rest.count >= 2, rest.prefix(2).allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
                    let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
                else { return nil }
                bytes.append(value)
                rest = rest.dropFirst(2)
            default: bytes.append(byte)
            }
        }
        return bytes
    }
}
