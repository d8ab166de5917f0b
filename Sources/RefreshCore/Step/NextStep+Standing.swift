/// Merges a user with its state from another store.
///
/// Of both sides, the later times apply: no user is called sooner than the minimum interval allows after any call
/// that either store knows of.
extension NextStep {
    /// Gives a user that was just added the state that it had in the other store.
    package static func arrived(_ user: User, as standing: UserStanding, policy: UserPolicy, now: Timestamp) -> User {
        var next = user
        next.record = standing.record
        if let state = standing.state {
            next.state = state
        } else {
            next = withoutFuture(next, policy: policy, now: now)
            next.record.slot = slot(for: next, notBefore: now, policy: policy)
            next.state = .scheduled(due: next.record.slot)
        }
        return fitted(next, policy: policy, now: now)
    }

    /// Merges a stored user; state and failures come from the side that knows the later call.
    ///
    /// A pause here holds. If the import replaces the token of a user that is parked here, the user takes the state
    /// that it had in the other store.
    package static func told(
        _ user: User, of standing: UserStanding, bringsToken: Bool, policy: UserPolicy, now: Timestamp
    ) -> User {
        var next = user
        let isLater = standing.state != nil && isLater(standing.record.latestCall, than: user.record.latestCall)
        if isLater {
            next.record = standing.record
            next.record.slot = user.record.slot
        } else if bringsToken {
            next.record.refusal = nil
        }
        next.record.keepLater(of: user.record, standing.record)
        switch user.state {
        case .paused: break
        case .parked where bringsToken:
            guard let state = standing.state else {
                return resumed(withoutFuture(next, policy: policy, now: now), policy: policy, now: now)
            }
            (next.state, next.record.slot) = (state, standing.record.slot)
        case .parked, .scheduled, .backingOff:
            guard isLater, let state = standing.state else { break }
            (next.state, next.record.slot) = (state, standing.record.slot)
        }
        return next == user ? user : fitted(next, policy: policy, now: now)
    }

    /// Fits the user to the rules of this store: its next call stays if they allow it.
    private static func fitted(_ user: User, policy: UserPolicy, now: Timestamp) -> User {
        let latest = now.advanced(by: policy.cadence.every + longestWait(under: policy))
        guard case .scheduled(let due) = user.state, due > now, due <= latest else {
            return reanchored(user, policy: policy, now: now)
        }
        var next = withoutFuture(user, policy: policy, now: now)
        let isOpen = policy.cadence.isOpen(at: due)
        if isOpen, earliest(for: next, now: due, policy: policy) == due { return next }
        // If the window is open, the rules forbid `due` and lead to a later time; otherwise, the search starts at
        // `due`.
        awaitTurn(&next, after: isOpen ? now : due, policy: policy)
        return next
    }

    private static func isLater(_ moment: Timestamp?, than other: Timestamp?) -> Bool {
        guard let moment else { return false }
        return other.map { moment > $0 } ?? true
    }
}

extension User.Record {
    /// When the latest known call ended, or may have reached the bank.
    fileprivate var latestCall: Timestamp? { later(reachedAt, lastAttempt?.at) }

    /// Keeps the later of both records' times that hold a user back, and of its latest success.
    fileprivate mutating func keepLater(of one: User.Record, _ other: User.Record) {
        reachedAt = later(one.reachedAt, other.reachedAt)
        lastSuccess = later(one.lastSuccess, other.lastSuccess)
        let latest = max(one.day, other.day)
        attemptsToday = [one, other].filter { $0.day == latest }.map(\.attemptsToday).max() ?? 0
        day = latest
    }
}

private func later(_ one: Timestamp?, _ other: Timestamp?) -> Timestamp? {
    guard let one, let other else { return one ?? other }
    return max(one, other)
}
