package import RefreshCore
import Synchronization

extension TokenLedger {
    /// Sets one user's script for token requests, or removes it (nil); false if there is no such user.
    @discardableResult
    package func set(_ script: Script?, for user: UserID) -> Bool {
        guard let index = directory.index(of: user) else { return false }
        state.withLock { $0.directions.scripts[index] = script }
        return true
    }

    /// Sets the script for users without one of their own; nil returns to the shares.
    package func setForAll(_ script: Script?) {
        state.withLock { $0.directions.scriptForAll = script }
    }

    /// The lifetime of tokens that are issued from now on; nil for the vendor's 90 days.
    package func set(lifetime: Duration?) {
        state.withLock { $0.lifetime = lifetime }
    }

    func set(rotation: TokenRotation) {
        state.withLock { $0.rotation = rotation }
    }

    package func set(clientSecret: Secret) {
        state.withLock { $0.clientSecret = clientSecret.withBytes { TokenFingerprint(of: $0) } }
    }

    /// Revokes tokens at once; false if there is no such user.
    @discardableResult
    package func revoke(_ what: TokenRevocation, of user: UserID) -> Bool {
        guard let index = directory.index(of: user) else { return false }
        state.withLock { $0.book.revoke(what, of: index) }
        return true
    }

    /// Issues a pair without a request, as when a user signs in again; nil if there is no such user.
    package func issue(to user: UserID) -> IssuedPair? {
        guard let index = directory.index(of: user) else { return nil }
        return state.withLock { try? $0.issue(to: index) }
    }

    /// Nil if there is no such user.
    package func renewals(of user: UserID) -> UserRenewals? {
        directory.index(of: user).map { index in state.withLock { $0.renewals[index] ?? UserRenewals() } }
    }

    /// The counts over all users, without iterating over them; `users` is empty.
    package func totals() -> RenewalLog {
        state.withLock { $0.log }
    }

    /// Forgets requests and scripts; tokens stay as they are.
    func reset() {
        state.withLock { state in
            state.directions.reset()
            state.log = RenewalLog()
            state.renewals = [:]
        }
    }

    /// Suspends until `count` requests have begun, for one user or in total.
    package func waitForBegun(_ count: Int, of user: UserID? = nil) async throws {
        try await wait(for: .begun(count, user: user.flatMap(directory.index)))
    }

    /// Suspends until `count` requests have ended, for one user or in total.
    package func waitForEnded(_ count: Int, of user: UserID? = nil) async throws {
        try await wait(for: .ended(count, user: user.flatMap(directory.index)))
    }

    /// Suspends until the condition holds; returns at once if it already does.
    private func wait(for condition: WaitingRoom.Condition) async throws {
        let end = state.withLock { state in
            defer { state.releaseMet() }
            return state.waiting.enter(condition)
        }
        for await _ in end {}
        try Task.checkCancellation()
    }
}

/// Which of a user's tokens are revoked.
package enum TokenRevocation: String, Sendable, CaseIterable {
    case access
    case refresh
    /// Both tokens; the platform can still request new ones for the user.
    case tokens
    /// Both tokens, and no new ones for the user until a pair is issued by hand.
    case all
}

/// When a replaced access token becomes invalid; a refresh token always works once.
package enum TokenRotation: String, Sendable, CaseIterable {
    /// As soon as the new one is issued.
    case immediate
    /// When the new one is first used, so that a lost answer does not cost the user the old one.
    case onUse = "on-use"
}
