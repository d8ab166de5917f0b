/// What a store tells of itself before anything in it is touched.
package struct StoreMarks: Equatable, Sendable {
    /// Tokens that nobody uses, one for each key that the users' tokens may be sealed with; empty until the first is set.
    ///
    /// Whoever opens them all can open every token.
    package var keyChecks: [SealedToken]
    /// The address of the API that its tokens belong to; nil until there is one, and worth nothing while there is none.
    package var environment: String?
    /// Whether users' tokens were given up because their key was lost.
    package var hasGivenUpTokens: Bool
    /// Whether it holds anybody's token.
    package var hasUsers: Bool

    package init(
        keyChecks: [SealedToken] = [], environment: String? = nil, hasGivenUpTokens: Bool = false,
        hasUsers: Bool = false
    ) {
        self.keyChecks = keyChecks
        self.environment = environment
        self.hasGivenUpTokens = hasGivenUpTokens
        self.hasUsers = hasUsers
    }
}
