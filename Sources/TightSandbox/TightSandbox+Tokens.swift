package import RefreshCore

/// Controls for the token endpoint, and its records.
extension TightSandbox {
    /// Sets the behaviour of one user's renewals from now on; false if there is no such user.
    @discardableResult
    package func set(tokenBehaviour behaviour: Behaviour, forUser user: UserID) -> Bool {
        set(tokenScript: Script(behaviour), forUser: user)
    }

    /// Sets the script of one user's renewals, or removes it (nil); false if there is no such user.
    @discardableResult
    package func set(tokenScript script: Script?, forUser user: UserID) -> Bool {
        tokens.set(script, for: user)
    }

    /// Sets the behaviour of renewals for users without one of their own; nil returns to the shares.
    package func set(tokenBehaviourForAll behaviour: Behaviour?) {
        tokens.setForAll(behaviour.map { Script($0) })
    }

    /// Sets the lifetime of tokens that are issued from now on; nil for the vendor's 90 days.
    package func set(tokenLifetime lifetime: Duration?) {
        tokens.set(lifetime: lifetime)
    }

    package func set(clientSecret secret: Secret) {
        tokens.set(clientSecret: secret)
    }

    /// Revokes tokens at once; false if there is no such user.
    @discardableResult
    package func revoke(_ what: TokenRevocation, ofUser user: UserID) -> Bool {
        tokens.revoke(what, of: user)
    }

    /// Issues a pair in place of the user's old one, as when a user signs in again; nil if there is no such user.
    package func issueTokens(toUser user: UserID) -> IssuedPair? {
        tokens.issue(to: user)
    }

    /// All token requests since the start or the last reset.
    package var renewals: RenewalLog { tokens.snapshot() }

    /// The counts over all users; `users` is empty.
    package var renewalTotals: RenewalLog { tokens.totals() }

    /// The token requests of one user; nil if there is no such user.
    package func renewals(ofUser user: UserID) -> UserRenewals? {
        tokens.renewals(of: user)
    }

    /// Suspends until `count` token requests have arrived, for one user or in total.
    package func waitForRenewals(atLeast count: Int, forUser user: UserID? = nil) async throws {
        try await tokens.wait(for: .begun(count, user: user.flatMap(tokens.directory.index)))
    }

    /// Suspends until `count` token requests have ended, for one user or in total.
    package func waitForEndedRenewals(atLeast count: Int, forUser user: UserID? = nil) async throws {
        try await tokens.wait(for: .ended(count, user: user.flatMap(tokens.directory.index)))
    }
}
