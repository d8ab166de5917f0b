import RefreshCore
import Synchronization

/// Which users' refresh tokens came with the backup that the store was restored from, if it was.
package final class TokensAtRisk: Sendable {
    private let state = Mutex<StoreRestoration?>(nil)

    package init() {}

    func note(_ restoration: StoreRestoration?) {
        state.withLock { $0 = restoration }
    }

    /// The restore that puts the user's refresh token at risk; nil when none does.
    func restoration(of user: User) -> StoreRestoration? {
        state.withLock(\.self).flatMap { $0.putsAtRisk(user) ? $0 : nil }
    }

    /// The user as it stands after it was parked for a token that came with the backup: with the reason that it had.
    func explaining(_ user: User) -> User {
        guard case .parked(.unauthorized, _) = user.state, let attempt = user.record.lastAttempt,
            let restoration = restoration(of: user)
        else { return user }
        let reason = [attempt.reason, restoration.parkNote].compactMap(\.self).joined(separator: "; ")
        var next = user
        next.record.lastAttempt = User.LastAttempt(
            at: attempt.at, outcome: attempt.outcome, httpStatus: attempt.httpStatus, reason: reason)
        return next
    }
}
