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
        let text = Data(line)
        // Base64 with stray bits in its last character decodes too, but is a typing error.
        guard let bytes = Data(base64Encoded: text), bytes.base64EncodedData() == text else { return nil }
        self.init(Array(bytes))
    }

    package static func generate() -> StoreKey {
        StoreKey(SymmetricKey(size: .bits256))
    }

    /// The key as a line of a key file: 44 characters of standard base64, without a line break.
    package var encoded: Secret {
        Secret(symmetric.withUnsafeBytes { Data($0) }.base64EncodedData())
    }

    package var description: String { "‹key \(id)›" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
