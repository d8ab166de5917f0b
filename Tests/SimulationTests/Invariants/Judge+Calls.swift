import RefreshCore
import TestSupport

/// One call at a time, never too soon, with the right token.
extension Judge {
    /// 1. At most one call in flight per user; the call of a process that died ends for the daemon with its death.
    func atMostOneCall() -> [Violation] {
        pairs().filter { $1.began < $0.end }.map { first, second in
            Violation(1, "\(first.user) is called at \(second.began) while a call since \(first.began) is under way")
        }
    }

    /// 2. The next call begins no sooner than the minimum interval after the end of one that may have reached the bank.
    ///
    /// A call whose process died may have reached it and counts until that death. Forced calls may come sooner. Steps
    /// of the calendar that no process could see are taken off. A removed user is forgotten, its minimum interval too.
    func theFloorHolds() -> [Violation] {
        var found: [Violation] = []
        for (user, calls) in callsByUser {
            var reached: Call?
            for call in calls {
                if let reached, !isManual(call, force: true), !wasRemoved(between: reached, and: call) {
                    let asked = call.note.lease?.taken.uptime ?? call.began
                    let floor =
                        policies(of: user, from: asked - .seconds(5), until: asked)
                        .map(\.minimumInterval).min() ?? .zero
                    let least = floor - unseenSteps(from: reached.end, until: call.began)
                    if call.began - reached.end < least {
                        found.append(
                            Violation(
                                2,
                                "\(user) is called at \(call.began), \((call.began - reached.end).text) after a call "
                                    + "(\(reached.outcome?.kind.rawValue ?? "lost")) that ended at \(reached.end); "
                                    + "the minimum interval is \(floor.text)"))
                    }
                }
                if mayHaveReachedBank(call) { reached = call }
            }
        }
        return found
    }

    /// 3. After a failure of the user's own, the next scheduled call waits half a delay of the backoff at least.
    func failuresWait() -> [Violation] {
        pairs().compactMap { first, second in
            guard let lease = first.note.lease, let settled = facts.settled[lease.lease], let outcome = first.outcome,
                settled.record.lastAttempt?.outcome == outcome.kind, outcome.isOwnFailure,
                !isManual(second, force: nil),
                !commands(of: first.user, from: lease.taken, until: second.note.began).contains(where: \.kind.isRelease)
            else { return nil }
            let delay =
                policies(of: first.user, from: first.began, until: second.began)
                .map { $0.failureBackoff.delay(1) / 2 }.min() ?? .zero
            let gap = second.began - first.end
            // A manual call that fails may leave the slot as the next appointment, and slots follow the calendar.
            let steps = isManual(first, force: nil) ? forwardSteps(from: first.end, until: second.began) : .zero
            guard gap < delay - steps - unseenSteps(from: first.end, until: second.began) else { return nil }
            return Violation(
                3,
                "\(first.user) is called at \(second.began), \(gap.text) after it was \(outcome.kind) "
                    + "at \(first.end); half a delay is \(delay.text)")
        }
    }

    /// 4. Whoever leases a user after `put` returned calls with the token that was put, as the store gave it out.
    func newTokensAreUsed() -> [Violation] {
        calls.compactMap { call in
            guard let lease = call.note.lease else {
                return Violation(4, "\(call.user) is called without a lease at \(call.began)")
            }
            var confirmed = 1
            for command in commandsByUser[call.user] ?? [] {
                guard case .put(_, let version) = command.kind, command.succeeded, let answered = command.answered
                else { continue }
                if answered < lease.taken { confirmed = max(confirmed, version) }
            }
            guard lease.tokenVersion >= confirmed, call.note.tokenVersion == lease.tokenVersion else {
                return Violation(
                    4,
                    "\(call.user) is called with token \(call.note.tokenVersion) at \(call.began); "
                        + "\(confirmed) was put, \(lease.tokenVersion) leased")
            }
            return nil
        }
    }

    func wasRemoved(between first: Call, and second: Call) -> Bool {
        commands(of: first.user, from: first.note.began, until: second.note.began).contains { command in
            if case .remove = command.kind { true } else { false }
        }
    }

    /// Calls of one user that follow each other.
    func pairs() -> [(Call, Call)] {
        callsByUser.values.flatMap { calls in zip(calls, calls.dropFirst()) }
    }

    func commands(of user: UserID, from: Testimony.Mark, until: Testimony.Mark) -> [Testimony.Command] {
        (commandsByUser[user] ?? []).filter { command in
            command.issued < until && (command.answered ?? command.issued.endless) > from
        }
    }
}

extension Testimony.Mark {
    /// After everything: a command whose process died may have done its work or not.
    var endless: Testimony.Mark { Testimony.Mark(order: .max, uptime: uptime) }
}

extension Outcome {
    /// A failure that costs the user a step of its own backoff.
    var isOwnFailure: Bool {
        switch self {
        case .rejected, .refused, .malformed, .unknown(.timeout), .unknown(.connectionLost), .unknown(.gatewayTimeout),
            .unknown(.requestTimeout):
            true
        case .refreshed, .unauthorized, .forbidden, .throttled, .unavailable, .misconfigured: false
        case .unknown(.crash), .unknown(.failover), .unknown(.givenUp): false
        }
    }
}
