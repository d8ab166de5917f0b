import FoundationEssentials
package import RefreshCore

/// Seals tokens with AES-256-GCM, each bound to its user's id.
package struct TokenSealer: TokenSealing {
    let keys: KeyRing

    package init(keys: KeyRing) {
        self.keys = keys
    }

    package func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken {
        try token.secret.withBytes { try keys.seal($0, in: SealContext(kind, of: id)) }
    }

    package func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem)
        -> AccessToken
    {
        var text = try keys.open(sealed, in: SealContext(kind, of: id))
        // Ours alone: overwritten where it lies.
        defer { text.withUnsafeMutableBytes { $0.wipe() } }
        // What we sealed was a token; a text that is none was never sealed here.
        do { return try AccessToken(text.span) } catch { throw .notAuthentic }
    }

    /// The same token under the key that seals; nil when it is that already, or when no key at hand opens it.
    ///
    /// A token that was given up comes back when its key is at hand again.
    func resealed(_ text: SealedText) throws -> SealedToken? {
        let id = keys.keyID(of: text.sealed)
        guard let id, keys.key(id) != nil, id != keys.sealing.id || text.sealed.isGivenUp else { return nil }
        guard let token = try? open(text.sealed.takenBack, as: text.kind, for: text.id) else { return nil }
        return try seal(token, as: text.kind, for: text.id)
    }
}
