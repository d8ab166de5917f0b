/// The marks of a store, readable before anything in it is touched.
package struct StoreMarks: Equatable, Sendable {
    /// Sealed checks, one for each key that may seal the users' tokens; empty until the first is set.
    ///
    /// Keys that open all of them open every token.
    package var keyChecks: [SealedToken]
    /// The address of the API that its tokens belong to; nil until there is one, and worth nothing while there is none.
    package var environment: String?
    /// Whether users' tokens were given up because their key was lost.
    package var hasGivenUpTokens: Bool
    /// Whether it holds any user's token.
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
