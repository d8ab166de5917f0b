package import RefreshCore

/// Its token endpoint: telling it what to do, and what it saw.
extension TightSandbox {
    /// Gives one user's renewals a behaviour from now on; false when there is no such user.
    @discardableResult
    package func set(tokenBehaviour behaviour: Behaviour, forUser user: UserID) -> Bool {
        set(tokenScript: Script(behaviour), forUser: user)
    }

    /// Gives one user's renewals a script, or takes it away (nil); false when there is no such user.
    @discardableResult
    package func set(tokenScript script: Script?, forUser user: UserID) -> Bool {
        tokens.set(script, for: user)
    }

    /// Gives the renewals of every user without a behaviour of their own this one; nil goes back to the shares.
    package func set(tokenBehaviourForAll behaviour: Behaviour?) {
        tokens.setForAll(behaviour.map { Script($0) })
    }

    /// How long tokens live that are issued from now on; nil for the vendor's 90 days.
    package func set(tokenLifetime lifetime: Duration?) {
        tokens.set(lifetime: lifetime)
    }

    package func set(clientSecret secret: Secret) {
        tokens.set(clientSecret: secret)
    }

    /// Takes tokens back at once; false when there is no such user.
    @discardableResult
    package func revoke(_ what: TokenRevocation, ofUser user: UserID) -> Bool {
        tokens.revoke(what, of: user)
    }

    /// Hands out a pair in place of the user's old one, as when a person signs in anew; nil when there is no such user.
    package func issueTokens(toUser user: UserID) -> IssuedPair? {
        tokens.issue(to: user)
    }

    /// Every request for tokens since the start or the last reset.
    package var renewals: RenewalLog { tokens.snapshot() }

    /// The counts over all users; `users` is empty.
    package var renewalTotals: RenewalLog { tokens.totals() }

    /// The requests for one user's tokens; nil when there is no such user.
    package func renewals(ofUser user: UserID) -> UserRenewals? {
        tokens.renewals(of: user)
    }

    /// Suspends until so many requests for tokens have come in, for one user or in all.
    package func waitForRenewals(atLeast count: Int, forUser user: UserID? = nil) async throws {
        try await tokens.wait(for: .begun(count, user: user.flatMap(tokens.directory.index)))
    }

    /// Suspends until so many requests for tokens have ended, for one user or in all.
    package func waitForEndedRenewals(atLeast count: Int, forUser user: UserID? = nil) async throws {
        try await tokens.wait(for: .ended(count, user: user.flatMap(tokens.directory.index)))
    }
}
