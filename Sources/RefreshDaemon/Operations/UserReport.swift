package import RefreshCore

/// One user, without its token.
///
/// Times are RFC 3339 in UTC.
package struct UserReport: Codable, Sendable, Equatable {
    package var userID = ""
    package var group: String?
    package var state = UserState.Kind.scheduled
    package var parkReason: ParkReason?
    package var parkedSince: String?
    package var pausedUntil: String?
    /// When the next call may start.
    package var nextDue: String?
    package var lastOutcome: OutcomeKind?
    package var lastAttempt: String?
    package var lastHTTPStatus: Int?
    package var lastReason: String?
    package var lastSuccess: String?
    package var failingSince: String?
    package var failures = 0
    package var attemptsToday = 0
    package var tokenExpiresAt: String?
    /// When the daemon renews the token, if client credentials are configured.
    package var tokenRenewsAt: String?
    /// The command that fixes the user's state; nil if there is nothing to fix, or if the daemon's next call may fix
    /// it.
    package var mend: String?

    package init() {}

    package init(_ user: User) {
        userID = user.id.rawValue
        group = user.group?.rawValue
        state = user.state.kind
        if case .parked(let reason, let since) = user.state {
            parkReason = reason
            parkedSince = since.description
        }
        if case .paused(let end?) = user.state { pausedUntil = end.until.description }
        nextDue = user.state.due?.description
        lastOutcome = user.record.lastAttempt?.outcome
        lastAttempt = user.record.lastAttempt?.at.description
        lastHTTPStatus = user.record.lastAttempt?.httpStatus
        lastReason = user.record.lastAttempt?.reason
        lastSuccess = user.record.lastSuccess?.description
        failingSince = user.record.failingSince?.description
        failures = user.record.failures
        attemptsToday = user.record.attemptsToday
        tokenExpiresAt = user.tokenExpiresAt?.description
        tokenRenewsAt = user.renewal.due?.description
        mend = FixCommand.forUser(user)
    }

    /// The state in words, with the reason why a user is parked: "parked: refused: HTTP 404".
    package var standing: String {
        guard let parkReason else { return state.rawValue }
        let status = parkReason == .refused ? lastHTTPStatus.map { ": HTTP \($0)" } ?? "" : ""
        return "\(state.rawValue): \(parkReason.rawValue)\(status)"
    }

    /// Adds the report as one line of JSON, as an encoder with sorted keys writes it.
    package func addLine(to lines: inout JSONLines) {
        lines.addLine { line in
            line.add("attemptsToday", Int64(attemptsToday))
            line.add("failingSince", failingSince)
            line.add("failures", Int64(failures))
            line.add("group", group)
            line.add("lastAttempt", lastAttempt)
            line.add("lastHTTPStatus", lastHTTPStatus)
            line.add("lastOutcome", lastOutcome?.rawValue)
            line.add("lastReason", lastReason)
            line.add("lastSuccess", lastSuccess)
            line.add("mend", mend)
            line.add("nextDue", nextDue)
            line.add("parkReason", parkReason?.rawValue)
            line.add("parkedSince", parkedSince)
            line.add("pausedUntil", pausedUntil)
            line.add("state", state.rawValue)
            line.add("tokenExpiresAt", tokenExpiresAt)
            line.add("tokenRenewsAt", tokenRenewsAt)
            line.add("userID", userID)
        }
    }
}
