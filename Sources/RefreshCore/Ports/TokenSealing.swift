/// Encrypts tokens for the store and decrypts them for the call.
package protocol TokenSealing: Sendable {
    /// Seals a token so that it opens as this user's token of this kind only.
    func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken
    func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem) -> AccessToken
}

package enum TokenKind: Sendable, CaseIterable {
    /// The access token, for calls.
    case access
    /// The refresh token, for renewals.
    case refresh
}

/// Why a sealed token could not be opened.
package enum TokenSealProblem: Error, Equatable {
    /// Sealed with a key that is not at hand; the key's id, as printed by `key generate`.
    case unknownKey(id: String)
    /// Altered, cut, or another user's.
    case notAuthentic
    /// In a form this version does not know.
    case unknownFormat
}
