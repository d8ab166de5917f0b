package import RefreshCore

/// Seals tokens with AES-256-GCM, each bound to its user's id.
package struct TokenSealer: TokenSealing {
    private let keys: KeyRing

    package init(keys: KeyRing) {
        self.keys = keys
    }

    package func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken {
        try token.secret.withBytes { try keys.seal($0, in: SealContext(kind, of: id)) }
    }

    package func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem)
        -> AccessToken
    {
        let text = try keys.open(sealed, in: SealContext(kind, of: id))
        // What we sealed was a token; a text that is none was never sealed here.
        do { return try AccessToken(Array(text)) } catch { throw .notAuthentic }
    }
}
