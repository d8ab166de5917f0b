import RefreshCore
import RefreshDaemon

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

    init(renewalsSuspended opening: Breaker.Opening, at now: Timestamp) {
        let until = opening.until.description
        self.init(
            .renewalsSuspended, at: now,
            message:
                "No tokens are renewed until \(until): \(opening.cause.text); calls go on with the existing tokens")
        append(.error, opening.cause.text)
        append(.nextDue, until)
    }

    init(renewalsResumed opening: Breaker.Opening, at now: Timestamp) {
        self.init(.renewalsResumed, at: now, message: "Tokens are renewed again")
    }

    init(renewalsOff expiring: Int, first: [User], at now: Timestamp) {
        var message = "Tokens are not renewed: api.clientID and api.clientSecret are not set"
        if expiring > 0 {
            message += "; \(counted(expiring, "token")) will expire, first: "
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
