/// The times that the schedule, the minimum interval and the daily budget leave for a user's calls.
extension NextStep {
    /// The earliest time, `now` or later, that the minimum interval and the daily budget allow.
    package static func earliest(for user: User, now: Timestamp, policy: UserPolicy) -> Timestamp {
        let moment = max(now, floorEnd(of: user, policy: policy) ?? now)
        return isSpent(moment.day, by: user, policy: policy) ? .startOfDay(user.record.day + 1) : moment
    }

    /// The user's first slot, `moment` or later, that the minimum interval and the daily budget allow.
    ///
    /// The cadence is the policy's, unless another is given.
    static func slot(
        for user: User, in cadence: Cadence? = nil, notBefore moment: Timestamp, policy: UserPolicy
    ) -> Timestamp {
        let cadence = cadence ?? policy.cadence
        let slot = cadence.slot(of: user.place, notBefore: earliest(for: user, now: moment, policy: policy))
        // The slot may lie in a later day, which a clock that ran ahead has already charged.
        let allowed = earliest(for: user, now: slot, policy: policy)
        return allowed == slot ? slot : cadence.slot(of: user.place, notBefore: allowed)
    }

    /// The user's next slot: its nominal time, and when the call for it is due.
    ///
    /// A slot that the minimum interval forbids is skipped. If the minimum interval is more than half of the schedule's
    /// interval, the slot is called late instead: otherwise every second slot would be skipped.
    private static func nextTurn(of user: User, after now: Timestamp, policy: UserPolicy) -> (
        slot: Timestamp, due: Timestamp
    ) {
        let nominal = policy.cadence.slot(of: user.place, after: now)
        let allowed = earliest(for: user, now: nominal, policy: policy)
        if allowed > nominal, allowed == floorEnd(of: user, policy: policy),
            policy.minimumInterval > policy.cadence.every / 2, policy.cadence.isOpen(at: allowed)
        {
            return (nominal, allowed)
        }
        let slot = slot(for: user, notBefore: nominal, policy: policy)
        return (slot, slot)
    }

    /// Schedules the user's next turn.
    static func awaitTurn(_ user: inout User, after now: Timestamp, policy: UserPolicy) {
        let (slot, due) = nextTurn(of: user, after: now, policy: policy)
        user.record.slot = slot
        user.state = .scheduled(due: due)
    }

    /// When to try again after a wait that ends at `moment`, spread if many users would return together.
    static func retry(
        of user: User,
        notBefore moment: Timestamp,
        policy: UserPolicy,
        using random: inout some RandomNumberGenerator
    ) -> Timestamp {
        var due = moment
        if let floorEnd = floorEnd(of: user, policy: policy), floorEnd > moment {
            // Users that failed together would return together after the minimum interval: spread them over a tenth of
            // it.
            let spread = Int64.random(
                in: 0...max(1, policy.minimumInterval.wholeMicroseconds / 10),
                using: &random
            )
            due = floorEnd.advanced(by: .microseconds(spread))
        }
        return retry(of: user, at: due, policy: policy)
    }

    /// `moment`, or the user's next slot by day or window if the day's budget is spent or no window is open.
    ///
    /// The slot keeps users from all being called at midnight.
    static func retry(of user: User, at moment: Timestamp, policy: UserPolicy) -> Timestamp {
        let daily = policy.cadence.daily
        let due = earliest(for: user, now: moment, policy: policy)
        let isPutOff = isSpent(max(moment, floorEnd(of: user, policy: policy) ?? moment).day, by: user, policy: policy)
        return isPutOff || !daily.isOpen(at: due) ? slot(for: user, in: daily, notBefore: due, policy: policy) : due
    }

    /// The longest wait that the rules can impose, spreads, a spent day and a closed window included.
    static func longestWait(under policy: UserPolicy) -> Duration {
        let longest = max(
            policy.failureBackoff.ceiling,
            policy.outageBackoff.ceiling,
            policy.longestRetryAfter,
            policy.minimumInterval
        )
        return longest + longest / 10 + .seconds(1) + .days(policy.cadence.window == nil ? 2 : 4)
    }

    static func floorEnd(of user: User, policy: UserPolicy) -> Timestamp? {
        user.record.reachedAt.map { $0.advanced(by: policy.minimumInterval + policy.debts.total(since: $0)) }
    }

    private static func isSpent(_ day: Int64, by user: User, policy: UserPolicy) -> Bool {
        user.record.day == day && user.record.attemptsToday >= policy.attemptsPerDay
    }
}

extension NextStep {
    /// Moves a user that fell due in a window that has closed to its slot in the next one; nil if it may be called now.
    ///
    /// If the window that is open has already passed the user's place, the call is late rather than put off.
    package static func windowMissed(_ user: User, policy: UserPolicy, now: Timestamp) -> User? {
        guard let window = policy.cadence.window, let due = user.state.due, due <= now else { return nil }
        let opening = window.opening(at: now)
        if let opening, due >= opening.start { return nil }
        let place = policy.cadence.daily.slot(of: user.place, notBefore: now)
        let moment = retry(of: user, at: place, policy: policy)
        if let opening, moment >= opening.end { return nil }
        var next = user
        if case .scheduled = user.state { next.record.slot = moment }
        next.state = user.state.due(at: moment)
        return next
    }
}

extension NextStep {
    /// A user after the calendar jumped by `step`; `now` is the time after the jump.
    ///
    /// Moments that measure elapsed time move along, so that the minimum interval holds and no wait shrinks or grows;
    /// slots are pinned to the calendar and do not move.
    package static func afterClockStep(_ user: User, by step: Duration, policy: UserPolicy, now: Timestamp) -> User {
        var moved = user
        let before = now.advanced(by: .zero - step)
        moved.record.reachedAt = user.record.reachedAt.map { $0.advanced(by: step) }
        switch user.state {
        case .backingOff(let due):
            moved.state = .backingOff(due: due.advanced(by: step))
        case .scheduled(let due) where due <= before:
            moved.state = .scheduled(due: due.advanced(by: step))
        case .scheduled, .paused, .parked:
            break
        }
        return reanchored(moved, policy: policy, now: now)
    }

    /// A user after a gap of unknown length; `now` is the time after it.
    ///
    /// None of the gap counts toward the minimum interval. Waits keep their ends: they protect no bank, and most gaps
    /// are real.
    package static func afterUncertainGap(_ user: User, of gap: Duration, policy: UserPolicy, now: Timestamp) -> User {
        var held = user
        held.record.reachedAt = user.record.reachedAt.map { $0.advanced(by: gap) }
        return reanchored(held, policy: policy, now: now)
    }

    package static func after(_ change: ClockChange, _ user: User, policy: UserPolicy, now: Timestamp) -> User {
        switch change {
        case .stepped(let step): afterClockStep(user, by: step, policy: policy, now: now)
        case .uncertain(let gap): afterUncertainGap(user, of: gap, policy: policy, now: now)
        }
    }
}
