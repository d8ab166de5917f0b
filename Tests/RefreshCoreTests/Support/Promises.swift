import RefreshCore

/// The promises that an attempt's step must keep; each that it breaks, by name.
struct Promises {
    let user: User
    let attempt: Attempt
    let policy: UserPolicy
    let next: User
    var areRefusalsRare = false

    private var now: Timestamp { attempt.endedAt }
    private var kind: OutcomeKind { attempt.outcome.kind }
    private var mayHaveReachedBank: Bool { attempt.outcome.mayHaveReachedBank(under: policy) }
    private var pauseHolds: Bool {
        guard case .paused(let end) = user.state else { return false }
        return end.map { $0.until > now } ?? true
    }

    var broken: [String] {
        standing + dueMoment + limits + record
    }

    private var standing: [String] {
        var broken: [String] = []
        switch next.state {
        case .scheduled, .backingOff:
            if pauseHolds { broken.append("a pause survives the call it met") }
            if kind == .unauthorized || kind == .forbidden { broken.append("401 and 403 park") }
        case .parked(let reason, _):
            switch (kind, user.state) {
            case (.unauthorized, _): if reason != .unauthorized { broken.append("401 parks as unauthorized") }
            case (.misconfigured, _) where attempt.outcome == .misconfigured(.tokenDamaged):
                if reason != .unauthorized { broken.append("a damaged token parks as unauthorized") }
            case (.forbidden, _): if reason != .forbidden { broken.append("403 parks as forbidden") }
            case (.refused, _) where reason == .refused && next.state != user.state:
                if !areRefusalsRare { broken.append("nobody is parked for refusals that are many") }
                if next.record.refusal?.turns ?? 0 < 3 { broken.append("three refusals park, not fewer") }
            case (.refreshed, _): broken.append("a success releases")
            case (_, .parked):
                if next.state != user.state { broken.append("only a success releases from park") }
            default: broken.append("only 401, 403 and repeated refusals park")
            }
        case .paused(let end):
            guard case .paused(let before) = user.state, pauseHolds else {
                broken.append("only an operator pauses")
                break
            }
            if end?.until != before?.until { broken.append("a pause keeps its end") }
            if let end, end.due < end.until { broken.append("nobody is called before its pause ends") }
        }
        return broken
    }

    private var dueMoment: [String] {
        guard let due = next.state.due else {
            switch next.state {
            case .parked, .paused(nil): return []
            default: return ["whoever is neither parked nor paused has a due moment"]
            }
        }
        var broken: [String] = []
        if due < now { broken.append("nobody is due in the past") }
        if kind != .refreshed, let before = user.state.due, due < before {
            broken.append("a failure never makes the next attempt sooner")
        }
        if due > latest { broken.append("nobody is put off for longer than the rules can impose") }
        if let wait = attempt.outcome.askedWait,
            due < now.advanced(by: min(wait, policy.longestRetryAfter))
        {
            broken.append("Retry-After is kept")
        }
        if kind == .refreshed, case .scheduled = next.state,
            policy.minimumInterval * 2 <= policy.cadence.every
        {
            let slot = policy.cadence.slot(of: next.place, notBefore: due)
            if slot != due || next.record.slot != due {
                broken.append("a success leads to a slot of the circle")
            }
        }
        return broken
    }

    /// Later than anything that the rules impose.
    private var latest: Timestamp {
        let backoffs = max(
            policy.failureBackoff.ceiling,
            policy.outageBackoff.ceiling,
            policy.longestRetryAfter
        )
        // A window that closed, and a day that the zone leaves out.
        let closed = policy.cadence.window == nil ? Duration.zero : .days(2)
        let wait = max(backoffs, policy.minimumInterval) + closed
        let moment = now.advanced(by: wait + wait / 10 + .seconds(2) + .days(2) + policy.cadence.every)
        guard case .paused(let end?) = next.state else { return max(moment, user.state.due ?? moment) }
        return max(
            moment,
            end.until.advanced(by: wait + .days(2) + policy.cadence.every),
            user.state.due ?? moment
        )
    }

    private var limits: [String] {
        guard let due = next.state.due else { return [] }
        var broken: [String] = []
        if mayHaveReachedBank, due < now.advanced(by: policy.minimumInterval) {
            broken.append("a call that may have reached the bank moves the minimum interval")
        }
        // An appointment that was made before and is kept is not this step's doing.
        if due != user.state.due {
            if let reachedAt = next.record.reachedAt, due < reachedAt.advanced(by: policy.minimumInterval) {
                broken.append("the minimum interval is kept")
            }
            if !policy.cadence.isOpen(at: due) { broken.append("nobody is called outside its window") }
            if next.record.day == due.day, next.record.attemptsToday >= policy.attemptsPerDay {
                broken.append("the day's budget is kept")
            }
        }
        return broken
    }

    private var record: [String] {
        var broken: [String] = []
        let before = user.record
        let after = next.record
        if next.id != user.id || next.place != user.place || next.group != user.group
            || next.tokenVersion != user.tokenVersion || next.tokenExpiresAt != user.tokenExpiresAt
        {
            broken.append("who the user is does not change")
        }
        let last = User.LastAttempt(
            at: now,
            outcome: kind,
            httpStatus: attempt.httpStatus,
            reason: attempt.outcome.reason
        )
        if after.lastAttempt != last { broken.append("the attempt is noted") }
        if mayHaveReachedBank {
            if after.reachedAt != max(now, before.reachedAt ?? now) {
                broken.append("reaching the bank is noted")
            }
            let spent = before.day == now.day ? before.attemptsToday + 1 : 1
            if after.day != now.day || after.attemptsToday != spent { broken.append("the day is charged") }
        } else if after.reachedAt != before.reachedAt || after.attemptsToday != before.attemptsToday {
            broken.append("a call that did not reach the bank costs nothing")
        }
        let onLadder: Bool =
            switch attempt.outcome {
            case .rejected, .malformed, .unknown(.timeout), .unknown(.connectionLost),
                .unknown(.gatewayTimeout), .unknown(.requestTimeout):
                true
            case .refused(let status): ![409, 423, 425].contains(status)
            default: false
            }
        let failures = kind == .refreshed ? 0 : before.failures + (onLadder ? 1 : 0)
        if after.failures != failures { broken.append("only the user's own failures are counted") }
        if kind == .refreshed, after.lastSuccess != now || after.failingSince != nil || after.outageTries != 0 {
            broken.append("a success ends the run of failures")
        }
        if case .unavailable = attempt.outcome, after.outageTries >= policy.outageTriesPerSlot,
            after.outageTries != before.outageTries
        {
            broken.append("an outage costs no more tries than a slot has")
        }
        return broken
    }
}

extension Outcome {
    /// The wait that Tight asked for in any outcome that can carry one.
    fileprivate var askedWait: Duration? {
        switch self {
        case .throttled(let wait), .unavailable(.status(_, let wait)): wait
        default: nil
        }
    }
}
