extension NextStep {
    /// A user that was just added: called at its first slot.
    package static func added(_ id: UserID, at place: Place, group: GroupName?, policy: UserPolicy, now: Timestamp) -> User {
        let slot = policy.cadence.slot(of: place, notBefore: now)
        return User(id: id, place: place, group: group, state: .scheduled(due: slot), record: User.Record(slot: slot))
    }

    /// A user that got a new token: a parked one is released, anybody else stands as before.
    package static func tokenReplaced(_ user: User, policy: UserPolicy, now: Timestamp) -> User {
        guard case .parked = user.state else { return user }
        return resumed(user, policy: policy, now: now)
    }

    /// A user that the operator pauses, for good or until a moment. A parked one stays parked: it is not called anyway.
    package static func paused(_ user: User, until: Timestamp?, policy: UserPolicy) -> User {
        if case .parked = user.state { return user }
        var next = user
        next.state = .paused(
            until.map { until in
                let earliest = earliest(for: user, now: until, policy: policy)
                return PauseEnd(until: until, due: policy.cadence.slot(of: user.place, notBefore: earliest))
            })
        return next
    }

    /// A user that the operator releases from pause or park: called at its next slot that the floor allows.
    package static func resumed(_ user: User, policy: UserPolicy, now: Timestamp) -> User {
        switch user.state {
        case .scheduled, .backingOff: return user
        case .parked, .paused:
            var next = user
            let slot = policy.cadence.slot(of: user.place, notBefore: earliest(for: user, now: now, policy: policy))
            next.record.slot = slot
            next.record.outageTries = 0
            next.record.outageWaits = 0
            next.state = .scheduled(due: slot)
            return next
        }
    }

    /// A user under a schedule that changed, or after the calendar was found to be wrong.
    ///
    /// A moment in the future at which a bank was reached can only come from a clock that was set back: it counts as
    /// now. A scheduled user gets the slot of the new circle; a wait longer than the policy could impose is cut.
    package static func reanchored(_ user: User, policy: UserPolicy, now: Timestamp) -> User {
        var next = user
        if let reachedAt = user.record.reachedAt, reachedAt > now { next.record.reachedAt = now }
        if user.record.day > now.day { next.record.day = now.day }
        let earliest = earliest(for: next, now: now, policy: policy)
        switch user.state {
        case .scheduled(let due):
            // One that is overdue stays so: its slot was missed, not moved.
            guard due > now || earliest > now else { break }
            let slot = policy.cadence.slot(of: user.place, notBefore: earliest)
            next.record.slot = slot
            next.state = .scheduled(due: slot)
        case .backingOff(let due):
            let longest = max(policy.failureBackoff.ceiling, policy.longestRetryAfter, policy.minimumInterval)
            let latest = now.advanced(by: longest + policy.minimumInterval)
            next.state = .backingOff(due: min(max(due, earliest), max(latest, earliest)))
        case .paused(let end?):
            next.state = .paused(
                PauseEnd(
                    until: end.until,
                    due: policy.cadence.slot(
                        of: user.place, notBefore: max(end.until, self.earliest(for: next, now: end.until, policy: policy)))))
        case .parked, .paused(nil):
            break
        }
        return next
    }
}
