package import RefreshCore

/// A vault that hides nothing: in simulations the sealing is not what is tested.
package struct PlainVault: TokenSealing {
    package init() {}

    package func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken {
        SealedToken(bytes: token.secret.withBytes { Array($0) })
    }

    package func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem) -> AccessToken
    {
        do { return try AccessToken(sealed.bytes) } catch { throw .notAuthentic }
    }
}
