import RefreshCore

extension UserReport {
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
