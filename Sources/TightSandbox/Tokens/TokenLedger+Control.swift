import RefreshCore
import Synchronization

extension TokenLedger {
    /// Gives one user's requests a script, or back to what holds for all (nil); false when there is no such user.
    func set(_ script: Script?, for user: UserID) -> Bool {
        guard let index = directory.index(of: user) else { return false }
        state.withLock { $0.scripts[index] = script }
        return true
    }

    /// Gives the requests of all users without a script of their own this one; nil for the shares.
    func setForAll(_ script: Script?) {
        state.withLock { $0.scriptForAll = script }
    }

    /// How long tokens live that are issued from now on; nil for the vendor's 90 days.
    func set(lifetime: Duration?) {
        state.withLock { $0.lifetime = lifetime }
    }

    func set(rotation: TokenRotation) {
        state.withLock { $0.rotation = rotation }
    }

    func set(clientSecret: Secret) {
        state.withLock { $0.clientSecret = clientSecret.withBytes { TokenFingerprint(of: $0) } }
    }

    /// False when there is no such user.
    func revoke(_ what: TokenRevocation, of user: UserID) -> Bool {
        guard let index = directory.index(of: user) else { return false }
        state.withLock { $0.book.revoke(what, of: index) }
        return true
    }

    /// Hands out a pair without being asked, as when a person signs in anew; nil when there is no such user.
    func issue(to user: UserID) -> IssuedPair? {
        guard let index = directory.index(of: user) else { return nil }
        return state.withLock { state in
            try? state.issue(to: index, lifetime: state.lifetime ?? Self.vendorsLifetime).get()
        }
    }

    /// Nil when there is no such user.
    func renewals(of user: UserID) -> UserRenewals? {
        directory.index(of: user).map { index in state.withLock { $0.renewals[index] ?? UserRenewals() } }
    }

    /// The counts over all users, without looking at each.
    func totals() -> RenewalLog {
        state.withLock { $0.log }
    }

    /// Forgets requests and scripts; tokens stay as they are.
    func reset() {
        state.withLock { state in
            state.generation += 1
            state.log = RenewalLog()
            state.renewals = [:]
            state.ended = 0
            state.scripts = [:]
            state.scriptForAll = nil
        }
    }

    /// Suspends until the condition holds; at once when it does already.
    func wait(for condition: WaitingRoom.Condition) async throws {
        let ticket = state.withLock { $0.waiting.ticket() }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let met = state.withLock { state -> WaitingRoom.Met in
                    guard state.waiting.enter(ticket, condition, continuation) else {
                        return .cancelled(continuation)
                    }
                    return state.takeMet()
                }
                met.resume()
            }
        } onCancel: {
            state.withLock { $0.waiting.leave(ticket) }.resume()
        }
    }
}

/// What of a user's tokens is taken back.
package enum TokenRevocation: String, Sendable, CaseIterable {
    case access
    case refresh
    /// Both tokens; the platform can still ask for new ones in the user's name.
    case tokens
    /// Both tokens, and no new ones in the user's name until a pair is issued by hand.
    case all
}

/// When the access token that a new one replaces stops being good; the refresh token always works once.
package enum TokenRotation: String, Sendable, CaseIterable {
    /// As soon as the new one is handed out.
    case immediate
    /// Once the new one was used: an answer that got lost costs nobody the old one.
    case onUse = "on-use"
}
