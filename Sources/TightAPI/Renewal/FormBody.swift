import RefreshCore

/// The body of a request as `application/x-www-form-urlencoded`, made byte for byte.
///
/// Source: RFC 6749 appendix B and the URL standard's form serializer: letters, digits, `*`, `-`, `.` and `_` stand for
/// themselves, a space becomes `+`, every other byte of UTF-8 `%XX`.
struct FormBody {
    static let contentType = "application/x-www-form-urlencoded"

    private(set) var bytes: [UInt8] = []

    mutating func append(_ name: String, _ value: String) {
        append(name, value.utf8)
    }

    mutating func append(_ name: String, _ value: Secret) {
        value.withBytes { append(name, $0) }
    }

    /// Overwrites the appended bytes; call it after they were copied.
    mutating func wipe() {
        bytes.wipe()
    }

    static func encoded(_ text: some Collection<UInt8>) -> [UInt8] {
        var encoded: [UInt8] = []
        encoded.reserveCapacity(3 * text.count)
        append(text, to: &encoded)
        return encoded
    }

    private mutating func append(_ name: String, _ value: some Collection<UInt8>) {
        // Room for the worst case at once: growing would leave copies of secrets behind.
        bytes.reserveCapacity(bytes.count + 3 * (name.utf8.count + value.count) + 2)
        if !bytes.isEmpty { bytes.append(UInt8(ascii: "&")) }
        Self.append(Array(name.utf8), to: &bytes)
        bytes.append(UInt8(ascii: "="))
        Self.append(value, to: &bytes)
    }

    private static func append(_ text: some Collection<UInt8>, to encoded: inout [UInt8]) {
        for byte in text {
            switch byte {
            case _ where byte.isASCIILetterOrDigit,
                UInt8(ascii: "*"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                encoded.append(byte)
            case UInt8(ascii: " "): encoded.append(UInt8(ascii: "+"))
            default: encoded += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
            }
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "A") + value - 10
    }
}
