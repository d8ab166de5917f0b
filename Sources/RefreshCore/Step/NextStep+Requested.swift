/// The result of a request to call a user by schedule.
extension NextStep {
    /// What forbids a manual call now; the window of the schedule does not.
    package static func obstacle(to user: User, now: Timestamp, policy: UserPolicy) -> CallObstacle? {
        switch user.state {
        case .parked(let reason, _): return .parked(reason)
        case .paused(nil): return .paused(until: nil)
        case .paused(let end?) where end.until > now: return .paused(until: end.until)
        case .scheduled, .backingOff, .paused: break
        }
        let earliest = earliest(for: user, now: now, policy: policy)
        guard earliest > now else { return nil }
        let isFloor = user.record.reachedAt.map { $0.advanced(by: policy.minimumInterval) > now } ?? false
        return isFloor ? .floor(until: earliest) : .budget(until: earliest)
    }

    /// The user due now, to be called by the schedule as soon as the limits allow, or why it may not be.
    ///
    /// It delays no user: a user that is already due keeps its place in the queue. The call is handled like any other
    /// scheduled call.
    package static func requested(_ user: User, policy: UserPolicy, now: Timestamp) -> Result<User, CallObstacle> {
        if let obstacle = obstacle(to: user, now: now, policy: policy) { return .failure(obstacle) }
        if let window = policy.cadence.window, window.opening(at: now) == nil {
            return .failure(.window(opens: window.opens(after: now)))
        }
        guard let due = user.state.due, due > now else { return .success(user) }
        var next = user
        switch user.state {
        case .scheduled: next.state = .scheduled(due: now)
        case .backingOff: next.state = .backingOff(due: now)
        case .paused(let end?): next.state = .paused(PauseEnd(until: end.until, due: now))
        case .paused(nil), .parked: break
        }
        return .success(next)
    }
}
