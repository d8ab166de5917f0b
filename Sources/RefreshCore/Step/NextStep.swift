/// Decides what follows an attempt.
///
/// It reads no clock and draws no randomness of its own.
package enum NextStep {
    /// The user after an attempt.
    ///
    /// For every state and outcome: a call that may have reached the bank restarts the minimum interval and is charged
    /// to its day. A failure never makes the next attempt sooner than it was due, nor sooner than now. A pause survives
    /// a call that it overlaps, and only a success releases a parked user. A user that is neither parked nor paused has
    /// a due time.
    ///
    /// `areRefusalsRare` says whether few other users are refused at present (`RefusalCount`). Only then is a user
    /// parked for refusals; without a count, none is.
    package static func after(
        _ attempt: Attempt,
        of user: User,
        under policy: UserPolicy,
        areRefusalsRare: Bool = false,
        using random: inout some RandomNumberGenerator
    ) -> User {
        var next = noting(attempt, of: user)
        let now = attempt.endedAt
        let kind = attempt.outcome.kind
        if attempt.outcome.mayHaveReachedBank(under: policy) {
            next.record.reachedAt = max(now.advanced(by: attempt.delay), user.record.reachedAt ?? now)
            next.record.attemptsToday =
                user.record.day == now.day ? user.record.attemptsToday.saturatingIncrement : 1
            next.record.day = now.day
        }
        if kind == .refreshed {
            next.record.lastSuccess = now
            next.record.failingSince = nil
        } else if kind != .throttled && kind != .misconfigured {
            next.record.failingSince = user.record.failingSince ?? now
        }

        next.record.refusal = refusal(after: attempt, of: user, policy: policy)
        switch attempt.outcome {
        case .refreshed:
            next.record.failures = 0
            awaitNextSlot(&next, now: now, policy: policy)
        case .refused(let status) where Outcome.isForLater(refusedWith: status):
            // However often it is repeated, the wait is the same: no step of the user's backoff.
            endOutage(&next)
            let wait = policy.failureBackoff.wait(after: 1, using: &random)
            backOff(&next, until: now.advanced(by: wait), policy: policy, using: &random)
        case .refused where areRefusalsRare && next.record.refusal?.isConclusive ?? false:
            next.record.failures = user.record.failures.saturatingIncrement
            park(&next, .refused, now: now)
        case .unknown(.crash), .unknown(.failover), .unknown(.givenUp):
            // Not the user's failure: no step of its backoff, but the minimum interval applies.
            backOff(&next, until: now, policy: policy, using: &random)
        case .rejected, .refused, .malformed, .unknown:
            // The user's own backoff; an unknown outcome counts as a failure that reached the bank.
            next.record.failures = user.record.failures.saturatingIncrement
            endOutage(&next)
            let wait = policy.failureBackoff.wait(after: next.record.failures, using: &random)
            backOff(&next, until: now.advanced(by: wait), policy: policy, using: &random)
        // A damaged row concerns one user, as a refused token does; a new token fixes it.
        case .unauthorized, .misconfigured(.tokenDamaged):
            park(&next, .unauthorized, now: now)
        case .forbidden:
            park(&next, .forbidden, now: now)
        case .throttled, .misconfigured:
            next.record.outageWaits = user.record.outageWaits.saturatingIncrement
            let wait = outageWait(after: attempt.outcome, of: next, policy: policy, using: &random)
            backOff(&next, until: now.advanced(by: wait), policy: policy, using: &random)
        case .unavailable:
            next.record.outageTries = user.record.outageTries.saturatingIncrement
            next.record.outageWaits = user.record.outageWaits.saturatingIncrement
            let isLastTry = next.record.outageTries >= policy.outageTriesPerSlot
            // After the last try, only a wait that was asked for puts the next slot off.
            let wait =
                isLastTry && attempt.outcome.retryAfter == nil
                ? .zero : outageWait(after: attempt.outcome, of: next, policy: policy, using: &random)
            let moment = now.advanced(by: wait)
            if isLastTry {
                awaitNextSlot(&next, now: moment, policy: policy)
            } else {
                backOff(&next, until: moment, policy: policy, using: &random)
            }
        }
        keepStanding(&next, as: user, succeeded: kind == .refreshed, now: now, policy: policy)
        return next
    }

    /// Whether this attempt would park its user if refusals are rare, so that they are worth counting.
    package static func isConclusive(_ attempt: Attempt, of user: User, under policy: UserPolicy) -> Bool {
        guard case .refused = attempt.outcome else { return false }
        return refusal(after: attempt, of: user, policy: policy)?.isConclusive ?? false
    }

    private static func refusal(after attempt: Attempt, of user: User, policy: UserPolicy) -> Refusal? {
        switch attempt.outcome {
        case .refused(let status) where !Outcome.isForLater(refusedWith: status):
            let now = attempt.endedAt
            let turnEnds = policy.cadence.slot(of: user.place, after: now)
            return Refusal.next(after: user.record.refusal, status: status, now: now, turnEnds: turnEnds)
        case .refreshed, .rejected, .unauthorized, .forbidden, .refused:
            return nil
        case .throttled, .unavailable, .unknown, .malformed, .misconfigured:
            return user.record.refusal
        }
    }

    /// The user with the attempt as its latest, and nothing else changed.
    ///
    /// That is all if the token of the call was replaced meanwhile: the result is not held against the user.
    package static func noting(_ attempt: Attempt, of user: User) -> User {
        var next = user
        next.record.lastAttempt = User.LastAttempt(
            at: attempt.endedAt,
            outcome: attempt.outcome.kind,
            httpStatus: attempt.httpStatus,
            reason: attempt.outcome.reason
        )
        return next
    }

    private static func awaitNextSlot(_ user: inout User, now: Timestamp, policy: UserPolicy) {
        endOutage(&user)
        awaitTurn(&user, after: now, policy: policy)
    }

    /// The outage backoff; or the wait that Tight asks for, limited by the rules, plus a random spread.
    private static func outageWait(
        after outcome: Outcome,
        of user: User,
        policy: UserPolicy,
        using random: inout some RandomNumberGenerator
    ) -> Duration {
        // It applies to both, so that a repeated request for no wait at all is not taken literally.
        let delay = policy.outageBackoff.wait(after: user.record.outageWaits, using: &random)
        guard let retryAfter = outcome.retryAfter else { return delay }
        let wait = max(min(retryAfter, policy.longestRetryAfter), delay)
        // Up to a tenth more, so that users that were given the same time do not return together.
        return wait + .microseconds(Int64.random(in: 0...max(1_000_000, wait.wholeMicroseconds / 10), using: &random))
    }

    private static func backOff(
        _ user: inout User,
        until moment: Timestamp,
        policy: UserPolicy,
        using random: inout some RandomNumberGenerator
    ) {
        user.state = .backingOff(due: retry(of: user, notBefore: moment, policy: policy, using: &random))
    }

    private static func park(_ user: inout User, _ reason: ParkReason, now: Timestamp) {
        endOutage(&user)
        user.state = .parked(reason, since: now)
    }

    private static func endOutage(_ user: inout User) {
        user.record.outageTries = 0
        user.record.outageWaits = 0
    }

    /// Keeps what outlives a call: a pause, parking unless it succeeds, and a later due time if it fails.
    private static func keepStanding(
        _ next: inout User,
        as user: User,
        succeeded: Bool,
        now: Timestamp,
        policy: UserPolicy
    ) {
        switch user.state {
        case .paused(let end) where end.map { $0.until > now } ?? true:
            let wait = next.state.due
            next.record.slot = user.record.slot
            next.state = user.state
            guard let end else { return }
            // The end of the pause cuts short neither the failure's wait nor the due time that was set before.
            let moment = succeeded ? end.until : max(end.until, end.due, wait ?? end.until)
            next.state = .paused(
                PauseEnd(until: end.until, due: slot(for: next, notBefore: moment, policy: policy))
            )
        case .scheduled, .backingOff, .paused:
            guard !succeeded, let due = user.state.due, let nextDue = next.state.due, nextDue < due else { return }
            next.record.slot = user.record.slot
            if case .backingOff = user.state {
                next.state = user.state
            } else {
                // Tries before the slot do not count as tries of the slot.
                next.record.outageTries = user.record.outageTries
                next.record.outageWaits = user.record.outageWaits
                next.state = .scheduled(due: due)
            }
        case .parked(let reason, _):
            if case .parked(reason, _) = next.state {
                next.state = user.state
            } else if !succeeded, next.state.kind != .parked {
                next.record.slot = user.record.slot
                next.state = user.state
            }
        }
    }
}

extension Int {
    fileprivate var saturatingIncrement: Int { self == .max ? self : self + 1 }
}
