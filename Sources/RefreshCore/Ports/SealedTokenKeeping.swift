/// The store operations of a key rotation: re-encrypt tokens, and mark which keys encrypt them.
///
/// What was written is durable when a call returns.
package protocol SealedTokenKeeping: Sendable {
    func marks() async throws(StoreProblem) -> StoreMarks

    /// Writes the key checks unless they are others than `old` by now; returns whether it did.
    func setKeyChecks(_ checks: [SealedToken], replacing old: [SealedToken]) async throws(StoreProblem) -> Bool

    func setEnvironment(_ address: String) async throws(StoreProblem)

    func setHasGivenUpTokens(_ hasThem: Bool) async throws(StoreProblem)

    /// What is sealed of up to `limit` users, in the order of their places, after `after`; empty at the end.
    func sealedTexts(after: Place?, limit: Int) async throws(StoreProblem) -> [SealedText]

    /// Puts other sealed texts in the place of those that are still as they were read, all in one transaction; returns
    /// how many. The users' revisions and token versions stay: it is the same token.
    func reseal(_ changes: [Resealing]) async throws(StoreProblem) -> Int

    /// Empties the log of what was written, so that it holds nothing of what was replaced.
    func truncateLog() async throws(StoreProblem)
}

/// One token of a user as it lies in the store.
package struct SealedText: Equatable, Sendable {
    package let id: UserID
    package let place: Place
    package let kind: TokenKind
    package let sealed: SealedToken

    package init(id: UserID, place: Place, kind: TokenKind, sealed: SealedToken) {
        self.id = id
        self.place = place
        self.kind = kind
        self.sealed = sealed
    }
}

/// A sealed text and the one to take its place.
package struct Resealing: Equatable, Sendable {
    package let old: SealedText
    package let new: SealedToken

    package init(_ old: SealedText, as new: SealedToken) {
        self.old = old
        self.new = new
    }
}
