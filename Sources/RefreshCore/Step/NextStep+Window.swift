extension NextStep {
    /// A user that fell due in a window that has closed, moved to its slot in the next one; nil for a user that may be
    /// called now.
    ///
    /// A place that the window open now has passed already counts as missed too: then the call is late, not put off.
    package static func windowMissed(_ user: User, policy: UserPolicy, now: Timestamp) -> User? {
        guard let window = policy.cadence.window, let due = user.state.due, due <= now else { return nil }
        let opening = window.opening(at: now)
        if let opening, due >= opening.start { return nil }
        let place = policy.cadence.daily.slot(of: user.place, notBefore: now)
        let moment = retry(of: user, at: place, policy: policy)
        if let opening, moment >= opening.end { return nil }
        var next = user
        switch user.state {
        case .scheduled:
            next.record.slot = moment
            next.state = .scheduled(due: moment)
        case .backingOff:
            next.state = .backingOff(due: moment)
        case .paused(let end?):
            next.state = .paused(PauseEnd(until: end.until, due: moment))
        case .paused(nil), .parked:
            return nil
        }
        return next
    }
}
