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
    /// None of the gap counts toward the minimum interval. Waits end when they did: they protect no bank, and most gaps
    /// are real.
    package static func afterUncertainGap(_ user: User, of gap: Duration, policy: UserPolicy, now: Timestamp) -> User {
        var held = user
        held.record.reachedAt = user.record.reachedAt.map { $0.advanced(by: gap) }
        return reanchored(held, policy: policy, now: now)
    }

    /// As the change demands it.
    package static func after(_ change: ClockChange, _ user: User, policy: UserPolicy, now: Timestamp) -> User {
        switch change {
        case .stepped(let step): afterClockStep(user, by: step, policy: policy, now: now)
        case .uncertain(let gap): afterUncertainGap(user, of: gap, policy: policy, now: now)
        }
    }
}
