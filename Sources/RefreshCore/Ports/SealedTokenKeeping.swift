/// The store operations of a key rotation: re-encrypt tokens, and mark which keys encrypt them.
///
/// Every write is durable when its call returns.
package protocol SealedTokenKeeping: Sendable {
    func marks() async throws(StoreProblem) -> StoreMarks

    /// Writes the key checks if they are still `old`; returns whether it did.
    func setKeyChecks(_ checks: [SealedToken], replacing old: [SealedToken]) async throws(StoreProblem) -> Bool

    func setEnvironment(_ address: String) async throws(StoreProblem)

    func setHasGivenUpTokens(_ hasThem: Bool) async throws(StoreProblem)

    /// The sealed texts of up to `limit` users, in the order of their places, after `after`; empty at the end.
    func sealedTexts(after: Place?, limit: Int) async throws(StoreProblem) -> [SealedText]

    /// Replaces sealed texts that are still as they were read, all in one transaction; returns how many.
    ///
    /// The users' revisions and token versions stay, because the tokens are the same.
    func reseal(_ changes: [Resealing]) async throws(StoreProblem) -> Int

    /// Empties the store's log, so that it holds nothing of what was replaced.
    func truncateLog() async throws(StoreProblem)
}

/// One token of a user as it is stored.
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

/// A sealed text and its replacement.
package typealias Resealing = (old: SealedText, new: SealedToken)

/// The marks of a store, readable before anything in it is touched.
package struct StoreMarks: Equatable, Sendable {
    /// Sealed checks, one for each key that may seal the users' tokens; empty until the first is set.
    ///
    /// Keys that open all of them open every token.
    package var keyChecks: [SealedToken]
    /// The API address that its tokens belong to; nil until it is marked, and meaningless while the store has no users.
    package var environment: String?
    /// Whether users' tokens were given up because their key was lost.
    package var hasGivenUpTokens: Bool
    package var hasUsers: Bool
    /// Set once its users are copied to another store.
    package var departure: StoreDeparture?
    /// Set while another store is copied to it.
    package var arrival: StoreArrival?

    package init(
        keyChecks: [SealedToken] = [], environment: String? = nil, hasGivenUpTokens: Bool = false,
        hasUsers: Bool = false, departure: StoreDeparture? = nil, arrival: StoreArrival? = nil
    ) {
        self.keyChecks = keyChecks
        self.environment = environment
        self.hasGivenUpTokens = hasGivenUpTokens
        self.hasUsers = hasUsers
        self.departure = departure
        self.arrival = arrival
    }
}

/// Encrypts tokens for the store and decrypts them for the call.
package protocol TokenSealing: Sendable {
    /// Seals a token so that it opens only as this user's token of this kind.
    func seal(_ token: AccessToken, as kind: TokenKind, for id: UserID) throws -> SealedToken
    /// Seals each of the tokens; returns one result for each, in order.
    func seal(_ tokens: [TokenToSeal]) throws -> [SealedToken]
    func open(_ sealed: SealedToken, as kind: TokenKind, for id: UserID) throws(TokenSealProblem) -> AccessToken
}

extension TokenSealing {
    package func seal(_ tokens: [TokenToSeal]) throws -> [SealedToken] {
        try tokens.map { try seal($0.token, as: $0.kind, for: $0.id) }
    }
}

/// A token, with the kind and the user that it is sealed for.
package typealias TokenToSeal = (token: AccessToken, kind: TokenKind, id: UserID)

package enum TokenKind: Sendable, CaseIterable {
    case access
    case refresh
}

/// Why a sealed token could not be opened.
package enum TokenSealProblem: Error, Equatable {
    /// Sealed with a key that is not available; the key's id, as printed by `key generate`.
    case unknownKey(id: String)
    /// Altered, cut, or of another user.
    case notAuthentic
    /// In a form this version does not know.
    case unknownFormat
}
