import RefreshCore
import RefreshDaemon

extension JournalEntry {
    /// Writes the message byte by byte, as there is one for every call.
    init(_ attempt: Attempt, user: User, number: Int, at now: Timestamp) {
        let outcome = attempt.outcome.kind
        let reason = attempt.outcome.reason
        // Used twice: in the message and as a field.
        let due = user.state.due.map { moment in
            var text: [UInt8] = []
            text.reserveCapacity(20)
            text.append(rfc3339: moment)
            return text
        }
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
            line.append(standingOf: user, due: due ?? [], afterSuccess: outcome == .refreshed)
        }
        append(.userID, user.id.rawValue)
        append(.outcome, outcome.rawValue)
        append(.attempt, number)
        append(.httpStatus, attempt.httpStatus)
        append(.error, reason)
        append(.duration, attempt.duration.wholeMicroseconds)
        if let due { append(.nextDue, line: due) }
        append(.state, user.state.kind.rawValue)
        append(.trigger, attempt.trigger.rawValue)
    }
}

extension [UInt8] {
    /// Appends what happens next: the next call, or the command without which there is none.
    fileprivate mutating func append(standingOf user: User, due: [UInt8], afterSuccess: Bool) {
        switch user.state {
        case .scheduled, .backingOff:
            append(text: afterSuccess ? "next call " : "next try ")
            append(contentsOf: due)
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

extension JournalEntry {
    init(renewed user: User, by grant: TokenGrant.Kind, at now: Timestamp) {
        let with =
            switch grant {
            case .refreshToken: "its refresh token"
            case .clientCredentials: "the client credentials"
            }
        let expiry = user.tokenExpiresAt.map { "; the new one expires \($0)" } ?? ""
        self.init(
            .tokenRenewed, at: now, message: "User \(user.id.rawValue): token renewed with \(with)\(expiry)")
        append(.userID, user.id.rawValue)
        append(.state, user.state.kind.rawValue)
    }

    init(renewalFailed user: User, _ outcome: Outcome, at now: Timestamp) {
        let reason = outcome.briefReason ?? outcome.kind.rawValue
        let next = user.renewal.due.map { "; next try \($0)" } ?? ""
        self.init(
            .renewalFailed, at: now,
            message: "User \(user.id.rawValue): the token was not renewed: \(reason)\(next)\(user.expiry)")
        append(.userID, user.id.rawValue)
        append(.error, reason)
        append(.nextDue, user.renewal.due?.description)
    }

    init(renewalRefused user: User, reason: String?, at now: Timestamp) {
        let said = reason.map { ": \($0)" } ?? ""
        let mend = FixCommand.withNewToken(user.id)
        self.init(
            .renewalRefused, at: now,
            message: "User \(user.id.rawValue): Tight refuses to renew the token\(said)\(user.expiry), "
                + "and the user is parked when it is refused; to fix: \(mend)")
        append(.userID, user.id.rawValue)
        append(.error, reason)
        append(.state, user.state.kind.rawValue)
    }

    init(renewalsOff expiring: Int, first: [User], at now: Timestamp) {
        var message = "Tokens are not renewed: api.clientID and api.clientSecret are not set"
        if expiring > 0 {
            message += "; \(expiring.counted("token")) will expire, first: "
            message += first.map { "\($0.id.rawValue) \($0.tokenExpiresAt?.description ?? "")" }.joined(separator: ", ")
            message += "; to see them: bankrefreshd users list --sort expiry"
        }
        self.init(.renewalsOff, at: now, message: message)
    }
}

extension User {
    fileprivate var expiry: String {
        tokenExpiresAt.map { "; the current one expires \($0)" } ?? ""
    }
}
