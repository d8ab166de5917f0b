import RefreshCore

/// Follows what the clocks did while no daemon ran, before anything is decided or written.
struct ClockCatchUp {
    let store: any UserStore
    let marker: ClockMarker
    let clockGuard: ClockStepGuard
    let settings: LiveSettings
    let time: any Timekeeping
    let events: any EventReporting

    /// Moves what has to move, calling `progress` as it goes on.
    ///
    /// A stop that comes meanwhile leaves the rest to the next start.
    ///
    /// Throws what the store throws.
    func run(unless isStopped: () -> Bool, _ progress: () -> Void) async throws(StoreProblem) {
        clockGuard.beginToCatchUp()
        do {
            let reading = time.reading
            let (mark, change) = try await marker.compare(with: reading)
            if let change {
                events.report(Event(change))
                try await marker.beginMove()
                guard try await move(by: change, now: reading.wall, unless: isStopped, progress) else {
                    return clockGuard.leaveToNext()
                }
            }
            clockGuard.caughtUp(with: base(of: mark, change, at: reading))
            try await marker.leave()
        } catch {
            clockGuard.close()
            throw error
        }
    }

    /// What the calendar of the stored moments is from now on.
    ///
    /// Steps below the tolerance add up over restarts too; a step that was followed in part is not followed again.
    private func base(of mark: ClockMark?, _ change: ClockChange?, at reading: ClockReading) -> ClockReading {
        guard change == nil, let mark, !mark.isMoving, mark.isComparable(to: reading, boot: time.boot) else {
            return reading
        }
        return mark.reading
    }

    /// Whether it came to the end.
    private func move(
        by change: ClockChange, now: Timestamp, unless isStopped: () -> Bool, _ progress: () -> Void
    ) async throws(StoreProblem) -> Bool {
        var place: Place?
        repeat {
            if isStopped() { return false }
            place = try await store.rewrite(after: place, limit: 1_000) { [settings] user in
                let policy = settings.value.policies.policy(for: user)
                let next = NextStep.after(change, user, policy: policy, now: now)
                return next == user ? nil : next
            }
            progress()
        } while place != nil
        return true
    }
}

extension Event {
    fileprivate init(_ change: ClockChange) {
        switch change {
        case .stepped(let step): self = .clockStepped(by: step)
        case .uncertain(let gap): self = .clockUncertain(gap: gap)
        }
    }
}
