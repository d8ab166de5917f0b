import Crypto
import FoundationEssentials
import RefreshCore

/// The sealed form: format version (1 byte), key id (4), nonce (12), ciphertext, tag (16).
///
/// The nonce is random: by NIST SP 800-38D section 8.3 one key may seal 2^32 times, a million users daily for ten years.
extension KeyRing {
    static let version: UInt8 = 1
    /// In the place of the version, for a token whose key was lost.
    static let givenUp: UInt8 = 0
    private static let headerByteCount = 1 + KeyID.byteCount
    private static let boxOverhead = 12 + 16

    func seal(_ text: some DataProtocol, in context: SealContext) throws -> SealedToken {
        let box = try AES.GCM.seal(text, using: sealing.symmetric, authenticating: context.authenticatedData)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerByteCount + Self.boxOverhead + text.count)
        bytes.append(Self.version)
        bytes.append(contentsOf: sealing.id.bytes)
        bytes.append(contentsOf: box.nonce)
        bytes.append(contentsOf: box.ciphertext)
        bytes.append(contentsOf: box.tag)
        return SealedToken(bytes: bytes)
    }

    /// The key that a token is sealed with, at hand or not; nil where the form is unknown.
    func keyID(of sealed: SealedToken) -> KeyID? {
        let bytes = sealed.takenBack.bytes
        guard bytes.first == Self.version, bytes.count >= Self.headerByteCount + Self.boxOverhead else { return nil }
        return KeyID(bytes: bytes[1..<Self.headerByteCount])
    }

    func open(_ sealed: SealedToken, in context: SealContext) throws(TokenSealProblem) -> Data {
        let bytes = sealed.bytes
        guard bytes.first == Self.version else { throw .unknownFormat }
        guard bytes.count >= Self.headerByteCount + Self.boxOverhead else { throw .notAuthentic }
        let id = KeyID(bytes: bytes[1..<Self.headerByteCount])
        guard let key = key(id) else { throw .unknownKey(id: id.description) }
        do {
            // From the combined form: taking the box apart first costs half as much again.
            let box = try AES.GCM.SealedBox(combined: bytes[Self.headerByteCount...])
            return try AES.GCM.open(box, using: key.symmetric, authenticating: context.authenticatedData)
        } catch {
            throw .notAuthentic
        }
    }
}
