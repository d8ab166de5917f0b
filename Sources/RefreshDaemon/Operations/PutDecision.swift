import RefreshCore

/// What becomes of users that are put, by the rules of one moment.
struct PutDecision: Sendable {
    let policies: Policies
    let now: Timestamp

    func added(_ row: NewUser, at place: Place) -> User {
        let policy = policies.policy(forGroup: row.group)
        var user = NextStep.added(row.id, at: place, group: row.group, policy: policy, now: now)
        if let standing = row.standing { user = NextStep.arrived(user, as: standing, policy: policy, now: now) }
        return RenewalPlan.planned(user, issuedAt: issued(row), expiresAt: row.expiresAt)
    }

    func replaced(_ row: NewUser, _ user: User) -> User {
        var next = NextStep.regrouped(user, to: row.group ?? user.group, policies: policies, now: now)
        next = RenewalPlan.planned(next, issuedAt: issued(row), expiresAt: row.expiresAt)
        let policy = policies.policy(for: next)
        guard let standing = row.standing else { return NextStep.tokenReplaced(next, policy: policy, now: now) }
        return NextStep.told(next, of: standing, bringsToken: true, policy: policy, now: now)
    }

    /// The result for a user that keeps its token.
    func detailed(_ entry: UserEntry, _ user: User) -> User {
        var next = NextStep.regrouped(user, to: entry.group ?? user.group, policies: policies, now: now)
        if let expiry = entry.expiresAt, expiry != user.tokenExpiresAt {
            next = RenewalPlan.planned(next, issuedAt: user.renewal.issuedAt ?? now, expiresAt: expiry)
        }
        guard let standing = entry.standing else { return next }
        return NextStep.told(
            next, of: standing, bringsToken: false, policy: policies.policy(for: next), now: now)
    }

    private func issued(_ row: NewUser) -> Timestamp {
        min(row.standing?.tokenIssuedAt ?? now, now)
    }
}
