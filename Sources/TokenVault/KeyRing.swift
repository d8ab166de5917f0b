import Crypto
import FoundationEssentials
package import RefreshCore

/// The store's keys: the first seals, all of them open.
package struct KeyRing: Sendable {
    package let sealing: StoreKey
    private let all: [StoreKey]

    /// Keeps one key of each id.
    package init(sealing: StoreKey, opening others: [StoreKey] = []) {
        self.sealing = sealing
        all = others.reduce(into: [sealing]) { ring, key in
            if !ring.contains(where: { $0.id == key.id }) { ring.append(key) }
        }
    }

    /// The ids of all keys, the sealing one first.
    package var ids: [KeyID] { all.map(\.id) }

    /// Scans the keys: a ring has only a handful, so a scan beats a dictionary.
    func key(_ id: KeyID) -> StoreKey? {
        all.first { $0.id == id }
    }
}

extension KeyRing {
    /// Reads a key file: one base64 key per line; skips blank lines and lines that begin with `#`.
    package init(file bytes: some Collection<UInt8>) throws(KeyFileProblem) {
        var found: [(line: Int, key: StoreKey)] = []
        for (index, raw) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated()
        {
            var line = Self.withoutOuterSpace(raw)
            defer { line.wipe() }
            if line.isEmpty || line.first == UInt8(ascii: "#") { continue }
            guard let key = StoreKey(encoded: line) else {
                throw .notAKey(line: index + 1, characters: line.count)
            }
            if let earlier = found.first(where: { $0.key.id == key.id }) {
                throw .repeated(line: index + 1, earlier: earlier.line)
            }
            found.append((index + 1, key))
        }
        guard let first = found.first else { throw .noKey }
        self.init(sealing: first.key, opening: found.dropFirst().map(\.key))
    }

    static func withoutOuterSpace<Bytes: Collection<UInt8>>(_ line: Bytes) -> [UInt8] {
        let isSpace: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
        return line.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
    }
}

/// The sealed form: format version (1 byte), key id (4), nonce (12), ciphertext, tag (16).
///
/// The nonce is random: NIST SP 800-38D section 8.3 allows one key 2^32 seals, a million users daily for ten years.
extension KeyRing {
    /// Takes the place of the version in a token whose key was lost.
    static let givenUp: UInt8 = 0
    private static let headerByteCount = 1 + KeyID.byteCount
    private static let boxOverhead = 12 + 16

    /// Seals with a fresh random nonce, unless the caller passes one that it uses for no other text.
    func seal(
        _ text: some DataProtocol, in context: SealContext, nonce: AES.GCM.Nonce = AES.GCM.Nonce()
    ) throws -> SealedToken {
        let box = try AES.GCM.seal(
            text, using: sealing.symmetric, nonce: nonce, authenticating: context.authenticatedData)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerByteCount + Self.boxOverhead + text.count)
        bytes.append(SealedToken.version)
        bytes.append(contentsOf: sealing.id.bytes)
        bytes.append(contentsOf: box.nonce)
        bytes.append(contentsOf: box.ciphertext)
        bytes.append(contentsOf: box.tag)
        return SealedToken(bytes: bytes)
    }

    /// The id of the key that sealed a token, whether or not that key is at hand; nil for an unknown format.
    func keyID(of sealed: SealedToken) -> KeyID? {
        let sealed = sealed.takenBack
        return sealed.bytes.count >= Self.headerByteCount + Self.boxOverhead ? sealed.keyID : nil
    }

    func open(_ sealed: SealedToken, in context: SealContext) throws(TokenSealProblem) -> Data {
        let bytes = sealed.bytes
        guard bytes.first == SealedToken.version else { throw .unknownFormat }
        guard bytes.count >= Self.headerByteCount + Self.boxOverhead, let id = sealed.keyID
        else { throw .notAuthentic }
        guard let key = key(id) else { throw .unknownKey(id: id.description) }
        do {
            // Splitting the box into its parts first would cost half as much again.
            let box = try AES.GCM.SealedBox(combined: bytes[Self.headerByteCount...])
            return try AES.GCM.open(box, using: key.symmetric, authenticating: context.authenticatedData)
        } catch {
            throw .notAuthentic
        }
    }
}

extension KeyID {
    /// The first four bytes of a hash of the key; the label keeps this hash distinct from any other use.
    init(of key: SymmetricKey) {
        var hash = SHA256()
        hash.update(data: Array("bankrefreshd key id".utf8))
        key.withUnsafeBytes { hash.update(bufferPointer: $0) }
        self.init(bytes: hash.finalize().prefix(Self.byteCount))
    }
}

/// How many of a store's tokens each key sealed.
package struct KeyUsage: Equatable, Sendable {
    package fileprivate(set) var tokens: [KeyID: Int] = [:]
    /// Tokens given up because their key was lost; their users wait for a new token.
    package fileprivate(set) var givenUp = 0
    /// Tokens in a format that this version does not know.
    package fileprivate(set) var unreadable = 0

    mutating func add(_ text: SealedToken, in keys: KeyRing) {
        if text.isGivenUp {
            givenUp += 1
        } else if let id = keys.keyID(of: text) {
            tokens[id, default: 0] += 1
        } else {
            unreadable += 1
        }
    }
}
