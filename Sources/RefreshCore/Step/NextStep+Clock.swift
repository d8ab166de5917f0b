extension NextStep {
    /// A user after the calendar jumped by `step` while the daemon ran; `now` is the moment after the jump.
    ///
    /// Moments that measure elapsed time move along, so that the floor holds and no wait shrinks or grows; slots are
    /// pinned to the calendar and do not move.
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
}
