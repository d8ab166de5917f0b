import RefreshCore
import Synchronization

/// Does what a store that was restored from a backup requires, once per restore and before any call.
struct RestorationKeeper {
    let store: any UserStore
    let tokens: TokensAtRisk
    let settings: LiveSettings
    let notifier: any ServiceNotifying
    let time: any Timekeeping
    let events: any EventReporting

    /// Reports the restore before marking it as done: a crash between both reports it twice rather than never.
    func run() async throws(StoreProblem) {
        guard var restoration = try await store.restoration() else { return }
        tokens.note(restoration)
        guard !restoration.isFollowed else { return }
        try await chargeDays(restoration)
        let users = try await store.census(now: time.now).users
        let holders = try await store.refreshTokenHolders(storedBy: restoration.restoredAt, limit: 10)
        events.report(
            .storeRestored(restoration, users: users, atRisk: holders, areRenewed: settings.value.renewsTokens))
        restoration.isFollowed = true
        try await store.setRestoration(restoration)
    }

    /// Charges all users whose calls since the backup are unknown; the rules say how much of a day may be used up.
    ///
    /// If the moments of the earlier store were taken over, these are the users that were removed since the backup, and
    /// those whose call was under way: they count as called at the restore.
    private func chargeDays(_ restoration: StoreRestoration) async throws(StoreProblem) {
        var place: Place?
        repeat {
            let now = time.now
            place = try await store.rewrite(after: place, limit: 1_000) { [settings] user in
                guard !restoration.isTakenOver || user.record.reachedAt == restoration.restoredAt else { return nil }
                let policy = settings.value.policies.policy(for: user)
                let next = NextStep.restored(user, after: restoration, policy: policy, now: now)
                return next == user ? nil : next
            }
            // A start that makes progress must not be killed for being slow.
            notifier.extendTimeout(by: .minutes(1))
        } while place != nil
    }
}

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

    /// Adds the restore as a reason to a user that was parked for a token from the backup.
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
