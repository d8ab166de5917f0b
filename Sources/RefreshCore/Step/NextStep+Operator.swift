extension NextStep {
    /// Creates a user that is called at its first slot.
    package static func added(
        _ id: UserID,
        at place: Place,
        group: GroupName?,
        policy: UserPolicy,
        now: Timestamp
    ) -> User {
        let slot = policy.cadence.slot(of: place, notBefore: now)
        return User(
            id: id,
            place: place,
            group: group,
            state: .scheduled(due: slot),
            record: User.Record(slot: slot)
        )
    }

    /// Moves a user to another group, whose schedule has another slot for it.
    package static func regrouped(_ user: User, to group: GroupName?, policies: Policies, now: Timestamp) -> User {
        guard group != user.group else { return user }
        var next = user
        next.group = group
        return reanchored(next, policy: policies.policy(for: next), now: now)
    }

    /// A user with a new token: a parked user is released, others keep their state.
    ///
    /// Refusals of calls with the old token are forgotten.
    package static func tokenReplaced(_ user: User, policy: UserPolicy, now: Timestamp) -> User {
        var next = user
        next.record.refusal = nil
        guard case .parked = user.state else { return next }
        return resumed(next, policy: policy, now: now)
    }

    /// Pauses a user at the operator's request, indefinitely or until a given time.
    ///
    /// A parked user stays parked: it is not called anyway. A pause that ends before a failure's wait does not cut that
    /// wait short.
    package static func paused(_ user: User, until: Timestamp?, policy: UserPolicy) -> User {
        if case .parked = user.state { return user }
        var next = user
        next.state = .paused(
            until.map { until in
                var moment = until
                if case .backingOff(let due) = user.state { moment = max(until, due) }
                return PauseEnd(until: until, due: slot(for: user, notBefore: moment, policy: policy))
            }
        )
        return next
    }

    /// Releases a user from pause or park: it is called at its next slot that the minimum interval allows.
    package static func resumed(_ user: User, policy: UserPolicy, now: Timestamp) -> User {
        switch user.state {
        case .scheduled, .backingOff: return user
        case .parked, .paused:
            var next = user
            let slot = slot(for: user, notBefore: now, policy: policy)
            next.record.slot = slot
            next.record.outageTries = 0
            next.record.outageWaits = 0
            next.record.refusal = nil
            next.state = .scheduled(due: slot)
            next.renewal.due = RenewalPlan.moment(
                for: user.place, issuedAt: user.renewal.issuedAt, expiresAt: user.tokenExpiresAt)
            next.renewal.failures = 0
            return next
        }
    }

    /// Fits a user to a changed schedule, or to a calendar that was found to be wrong.
    ///
    /// A future time at which a bank was reached can only come from a clock that was set back: it counts as now. A
    /// scheduled user gets its slot of the new schedule. A wait longer than the policy allows is cut. An overdue user
    /// stays overdue, as far as the minimum interval and the daily budget allow: its slot was missed, not moved.
    package static func reanchored(_ user: User, policy: UserPolicy, now: Timestamp) -> User {
        var next = withoutFuture(user, policy: policy, now: now)
        if let due = user.state.due, due <= now, earliest(for: next, now: now, policy: policy) == now {
            return next
        }
        switch user.state {
        case .scheduled:
            awaitTurn(&next, after: now, policy: policy)
        case .backingOff(let due):
            next.state = .backingOff(
                due: reanchored(waitUntil: max(now, due), of: next, now: now, policy: policy)
            )
        case .paused(let end?):
            next.state = .paused(
                PauseEnd(until: end.until, due: reanchored(end, of: next, now: now, policy: policy))
            )
        case .parked, .paused(nil):
            break
        }
        return next
    }

    static func withoutFuture(_ user: User, policy: UserPolicy, now: Timestamp) -> User {
        var next = user
        if let reachedAt = user.record.reachedAt, reachedAt > now { next.record.reachedAt = now }
        if user.record.day > now.day { next.record.day = now.day }
        if let refusal = user.record.refusal {
            next.record.refusal?.turnEnds = min(refusal.turnEnds, policy.cadence.slot(of: user.place, after: now))
        }
        return next
    }

    /// The end of a wait; if no rule can have caused it, a time in the upper half of the user's current delay.
    private static func reanchored(
        waitUntil moment: Timestamp,
        of user: User,
        now: Timestamp,
        policy: UserPolicy
    ) -> Timestamp {
        let due = retry(of: user, at: moment, policy: policy)
        if due <= now.advanced(by: longestWait(under: policy)) { return due }
        let half = policy.failureBackoff.delay(user.record.failures) / 2
        return retry(of: user, at: now.advanced(by: half + user.place.offset(in: half)), policy: policy)
    }

    /// The call after a pause: unchanged if it is a slot of the schedule that the rules can have led to.
    private static func reanchored(_ end: PauseEnd, of user: User, now: Timestamp, policy: UserPolicy)
        -> Timestamp
    {
        let moment = max(end.until, now)
        let isPlausible = end.due >= moment && end.due <= moment.advanced(by: longestWait(under: policy))
        if isPlausible, slot(for: user, notBefore: end.due, policy: policy) == end.due { return end.due }
        return slot(for: user, notBefore: moment, policy: policy)
    }
}

extension NextStep {
    /// What forbids a call now; a closed window does not, and neither interval nor budget if it is forced.
    package static func obstacle(
        to user: User, now: Timestamp, policy: UserPolicy, isForced: Bool = false
    ) -> CallObstacle? {
        switch user.state {
        case .parked(let reason, _): return .parked(reason)
        case .paused(nil): return .paused(until: nil)
        case .paused(let end?) where end.until > now: return .paused(until: end.until)
        case .scheduled, .backingOff, .paused: break
        }
        let earliest = earliest(for: user, now: now, policy: policy)
        guard earliest > now, !isForced else { return nil }
        let isFloor = floorEnd(of: user, policy: policy).map { $0 > now } ?? false
        return isFloor ? .floor(until: earliest) : .budget(until: earliest)
    }

    /// The user made due now, to be called by the schedule as soon as the limits allow; or why it may not be called.
    ///
    /// It delays no user: one that is already due keeps its place in the queue. The call is handled like any other
    /// scheduled call.
    package static func requested(_ user: User, policy: UserPolicy, now: Timestamp) -> Result<User, CallObstacle> {
        if let obstacle = obstacle(to: user, now: now, policy: policy) { return .failure(obstacle) }
        if let window = policy.cadence.window, window.opening(at: now) == nil {
            return .failure(.window(opens: window.opens(after: now)))
        }
        guard let due = user.state.due, due > now else { return .success(user) }
        var next = user
        next.state = user.state.due(at: now)
        return .success(next)
    }
}

/// Why a user may not be called now, by its own state and rules; conditions for all users are separate.
package enum CallObstacle: Error, Equatable, Sendable {
    case parked(ParkReason)
    /// Nil if only the operator ends the pause.
    case paused(until: Timestamp?)
    case floor(until: Timestamp)
    case budget(until: Timestamp)
    /// The schedule makes no call outside its window.
    case window(opens: Timestamp)
}
