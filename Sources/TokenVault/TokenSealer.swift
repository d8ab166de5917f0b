import FoundationEssentials
package import RefreshCore
import Synchronization

/// Seals tokens with AES-256-GCM, each bound to its user's id.
package struct TokenSealer: TokenSealing {
    let keys: KeyRing

    package init(keys: KeyRing) {
        self.keys = keys
    }

    package func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken {
        try token.secret.withBytes { try keys.seal($0, in: SealContext(kind, of: id)) }
    }

    package func seal(_ tokens: [TokenToSeal]) throws -> [SealedToken] {
        var nonces = NonceSupply(for: tokens.count)
        return try tokens.map { text in
            let nonce = try nonces.next()
            return try text.token.secret.withBytes {
                try keys.seal($0, in: SealContext(text.kind, of: text.id), nonce: nonce)
            }
        }
    }

    package func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem)
        -> AccessToken
    {
        var text = try keys.open(sealed, in: SealContext(kind, of: id))
        // This buffer has no other owner, so it is overwritten in place.
        defer { text.withUnsafeMutableBytes { $0.wipe() } }
        // Only tokens are ever sealed, so any other text is not authentic.
        do { return try AccessToken(text.span) } catch { throw .notAuthentic }
    }

    /// The same token under the sealing key; nil if that key sealed it already, or if no key at hand opens it.
    ///
    /// A token that was given up is restored once its key is at hand again.
    func resealed(_ text: SealedText) throws -> SealedToken? {
        let id = keys.keyID(of: text.sealed)
        guard let id, keys.key(id) != nil, id != keys.sealing.id || text.sealed.isGivenUp else { return nil }
        guard let token = try? open(text.sealed.takenBack, as: text.kind, for: text.id) else { return nil }
        return try seal(token, as: text.kind, for: text.id)
    }
}

/// The context that a sealed text is bound to; the text opens only in the same context.
struct SealContext {
    /// A label, then a text prefixed with its length, so that no two contexts collide.
    let authenticatedData: [UInt8]

    /// The sentinel that tells whether a key fits a store; its label differs, so no user id can collide with it.
    static let keyCheck = SealContext("bankrefreshd key check 1", "")

    init(_ kind: TokenKind, of id: UserID) {
        switch kind {
        case .access: self.init("bankrefreshd token 1", id.rawValue)
        case .refresh: self.init("bankrefreshd refresh token 1", id.rawValue)
        }
    }

    private init(_ label: String, _ text: String) {
        let length = UInt32(clamping: text.utf8.count)
        var data: [UInt8] = []
        data.reserveCapacity(label.utf8.count + 4 + text.utf8.count)
        data.append(contentsOf: label.utf8)
        for shift: UInt32 in [24, 16, 8, 0] { data.append(UInt8(truncatingIfNeeded: length >> shift)) }
        data.append(contentsOf: text.utf8)
        authenticatedData = data
    }
}

/// A vault whose keys can be replaced while in use; a call that has begun finishes with the keys that it began with.
package final class LiveVault: TokenSealing {
    private let sealer: Mutex<TokenSealer>

    package init(keys: KeyRing) {
        sealer = Mutex(TokenSealer(keys: keys))
    }

    package var keys: KeyRing { current.keys }

    var current: TokenSealer { sealer.withLock(\.self) }

    func replace(by keys: KeyRing) {
        sealer.withLock { $0 = TokenSealer(keys: keys) }
    }

    package func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken {
        try current.seal(token, as: kind, for: id)
    }

    package func seal(_ tokens: [TokenToSeal]) throws -> [SealedToken] { try current.seal(tokens) }

    package func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem)
        -> AccessToken
    {
        try current.open(sealed, as: kind, for: id)
    }
}

/// A token whose key was lost.
///
/// It differs from the original only in its first byte. Nothing tries to open it, and it can be restored if the key is
/// found.
extension SealedToken {
    package var isGivenUp: Bool { bytes.first == KeyRing.givenUp }

    var givenUp: SealedToken { SealedToken(bytes: [KeyRing.givenUp] + bytes.dropFirst()) }

    var takenBack: SealedToken {
        isGivenUp ? SealedToken(bytes: [SealedToken.version] + bytes.dropFirst()) : self
    }
}
