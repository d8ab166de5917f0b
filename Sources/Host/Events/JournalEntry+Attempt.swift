import RefreshCore
import RefreshDaemon

extension JournalEntry {
    /// Written byte by byte, as there is one for every call.
    init(_ attempt: Attempt, user: User, number: Int, at now: Timestamp) {
        let outcome = attempt.outcome.kind
        let reason = attempt.outcome.reason
        self.init(MessageID(outcome), at: now) { line in
            line.append(text: "User ")
            line.append(text: user.id.rawValue)
            line.append(text: ": ")
            line.append(text: outcome.rawValue)
            if outcome == .refreshed {
                line.append(text: " in ")
                line.append(rounded: attempt.duration)
            } else {
                line.append(text: " (attempt ")
                line.append(decimal: Int64(number))
                line.append(text: ")")
            }
            if attempt.trigger == .manual { line.append(text: ", manual call") }
            if let reason {
                line.append(text: ": ")
                line.append(text: reason)
            }
            line.append(text: "; ")
            line.append(standingOf: user, afterSuccess: outcome == .refreshed)
        }
        append(.userID, user.id.rawValue)
        append(.outcome, outcome.rawValue)
        append(.attempt, number)
        append(.httpStatus, attempt.httpStatus)
        append(.error, reason)
        append(.duration, attempt.duration.wholeMicroseconds)
        append(.nextDue, user.state.due)
        append(.state, user.state.kind.rawValue)
        append(.trigger, attempt.trigger.rawValue)
    }
}

extension [UInt8] {
    /// Appends what happens next, in words: the next call, or the command without which there is none.
    fileprivate mutating func append(standingOf user: User, afterSuccess: Bool) {
        switch user.state {
        case .scheduled(let due), .backingOff(let due):
            append(text: afterSuccess ? "next call " : "next try ")
            append(rfc3339: due)
        case .paused(let end?): append(text: "paused until \(end.until), next call \(end.due)")
        case .paused(nil): append(text: "paused")
        case .parked: append(text: FixCommand.forUser(user).map { "parked, to fix: \($0)" } ?? "parked")
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
        case .refused: self = .refused
        case .throttled: self = .throttled
        case .unavailable: self = .unavailable
        case .unknown: self = .unknown
        case .malformed: self = .malformed
        case .misconfigured: self = .misconfigured
        }
    }
}
