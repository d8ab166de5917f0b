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
            // These buffers have no other owner, so they are overwritten in place.
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

/// Tells whether the keys at hand are those that a store was written with, before any token is touched.
package struct KeyCheck: Sendable {
    private static let text = Array("bankrefreshd key check".utf8)

    private let keys: KeyRing

    package init(keys: KeyRing) {
        self.keys = keys
    }

    /// A sentinel for the store to keep, one for each sealing key.
    package func makeSentinel() throws -> SealedToken {
        try keys.seal(Self.text, in: .keyCheck)
    }

    /// Throws if the keys do not fit one of the store's checks, or if that was altered or cut.
    package func verify(_ sentinels: [SealedToken], of place: String) throws(StoreProblem) {
        for sentinel in sentinels { try verify(sentinel, of: place) }
    }

    /// The checks that a store must hold before these keys seal anything for it; nil when it holds them already.
    package func completing(_ sentinels: [SealedToken]) throws -> [SealedToken]? {
        let isThere = sentinels.contains { keys.keyID(of: $0) == keys.sealing.id }
        return isThere ? nil : [try makeSentinel()] + sentinels
    }

    private func verify(_ sentinel: SealedToken, of place: String) throws(StoreProblem) {
        do throws(TokenSealProblem) {
            if try keys.open(sentinel, in: .keyCheck).elementsEqual(Self.text) { return }
        } catch {
            if case .unknownKey(let id) = error {
                throw .keyDoesNotFit(place: place, sealedWith: id, atHand: keys.ids.map(\.description))
            }
        }
        throw .notAStore(place: place, detail: "its key check is damaged")
    }
}
