import Crypto

/// Tells one store key from another without giving anything of it away; shown as 8 hex digits.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
    static let byteCount = 4

    private let rawValue: UInt32

    /// The first four bytes of a hash over the key, under a label of its own so that the hash serves nothing else.
    init(of key: SymmetricKey) {
        var hash = SHA256()
        hash.update(data: Array("bankrefreshd key id".utf8))
        key.withUnsafeBytes { hash.update(bufferPointer: $0) }
        self.init(bytes: hash.finalize().prefix(Self.byteCount))
    }

    /// Reads the id, most significant byte first.
    init(bytes: some Sequence<UInt8>) {
        rawValue = bytes.reduce(0) { $0 << 8 | UInt32($1) }
    }

    var bytes: [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: rawValue >> $0) }
    }

    package var description: String {
        let digits = String(rawValue, radix: 16)
        return String(repeating: "0", count: 2 * Self.byteCount - digits.count) + digits
    }
}
