import Crypto
import FoundationEssentials
package import RefreshCore

/// A key that seals the store's tokens: 32 random bytes for AES-256-GCM.
///
/// Prints its id, never itself.
package struct StoreKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    static let byteCount = 32

    package let id: KeyID
    let symmetric: SymmetricKey

    private init(_ symmetric: SymmetricKey) {
        self.symmetric = symmetric
        id = KeyID(of: symmetric)
    }

    /// Takes exactly 32 bytes; nil for any other number.
    package init?(_ bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.init(SymmetricKey(data: bytes))
    }

    /// Reads the printed form; nil unless it is exactly what `encoded` gives.
    init?(encoded line: some Collection<UInt8>) {
        var text = Data(line)
        var bytes = Data(base64Encoded: text) ?? Data()
        var again = bytes.base64EncodedData()
        defer {
            // Ours alone: overwritten where they lie.
            text.withUnsafeMutableBytes { $0.wipe() }
            bytes.withUnsafeMutableBytes { $0.wipe() }
            again.withUnsafeMutableBytes { $0.wipe() }
        }
        // Base64 with stray bits in its last character decodes too, but is a typing error.
        guard bytes.count == Self.byteCount, again == text else { return nil }
        self.init(SymmetricKey(data: bytes))
    }

    package static func generate() -> StoreKey {
        StoreKey(SymmetricKey(size: .bits256))
    }

    /// The key as a line of a key file: 44 characters of standard base64, without a line break.
    package var encoded: Secret {
        var bytes = symmetric.withUnsafeBytes { Data($0) }
        var text = bytes.base64EncodedData()
        defer {
            bytes.withUnsafeMutableBytes { $0.wipe() }
            text.withUnsafeMutableBytes { $0.wipe() }
        }
        return Secret(text)
    }

    package var description: String { "‹key \(id)›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
