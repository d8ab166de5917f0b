import RefreshCore
import RefreshDaemon

extension JournalEntry {
    init(_ attempt: Attempt, user: User, number: Int, at now: Timestamp) {
        let outcome = attempt.outcome.kind
        let reason = attempt.outcome.reason
        let nextDue = user.state.due?.description

        var message = "User \(user.id.rawValue): \(outcome.rawValue)"
        if outcome == .refreshed {
            message += " in \(attempt.duration.roundedText)"
        } else {
            message += " (attempt \(number))"
        }
        if attempt.trigger == .manual { message += ", called by hand" }
        if let reason { message += ": \(reason)" }
        message += "; "
        message += user.standing(nextDue: nextDue, afterSuccess: outcome == .refreshed)

        self.init(MessageID(outcome), at: now, message: message)
        append(.userID, user.id.rawValue)
        append(.outcome, outcome.rawValue)
        append(.attempt, number)
        append(.httpStatus, attempt.httpStatus)
        append(.error, reason)
        append(.duration, attempt.duration.wholeMicroseconds)
        append(.nextDue, nextDue)
        append(.state, user.state.kind.rawValue)
        append(.trigger, attempt.trigger.rawValue)
    }
}

extension User {
    /// What happens next, in words: the next call, or the command without which there is none.
    fileprivate func standing(nextDue: String?, afterSuccess: Bool) -> String {
        switch state {
        case .scheduled, .backingOff: "next \(afterSuccess ? "call" : "try") \(nextDue ?? "never")"
        case .paused(let end?): "paused until \(end.until), next call \(end.due)"
        case .paused(nil): "paused"
        case .parked: MendingCommand.forUser(self).map { "parked, to mend: \($0)" } ?? "parked"
        }
    }
}

extension MessageID {
    init(_ outcome: OutcomeKind) {
        switch outcome {
        case .refreshed: self = .refreshed
        case .rejected: self = .rejected
        case .unauthorized: self = .unauthorized
        case .forbidden: self = .forbidden
        case .throttled: self = .throttled
        case .unavailable: self = .unavailable
        case .unknown: self = .unknown
        case .malformed: self = .malformed
        case .misconfigured: self = .misconfigured
        }
    }
}
