import RefreshCore

extension UserExport {
    /// Adds the export as one line of JSON, as an encoder with sorted keys writes it.
    package func addLine(to lines: inout JSONLines) {
        lines.addLine { line in
            line.add("attemptsToday", Int64(attemptsToday))
            line.add("day", day)
            line.add("failingSince", failingSince)
            line.add("failures", Int64(failures))
            line.add("group", group)
            line.add("history", history) { attempt, line in
                line.add("durationMilliseconds", attempt.durationMilliseconds)
                line.add("forced", attempt.forced)
                line.add("httpStatus", attempt.httpStatus)
                line.add("number", Int64(attempt.number))
                line.add("outcome", attempt.outcome.rawValue)
                line.add("reason", attempt.reason)
                line.add("startedAt", attempt.startedAt)
                line.add("trigger", attempt.trigger.rawValue)
            }
            if let last = lastAttempt {
                line.add("lastAttempt") { line in
                    line.add("at", last.at)
                    line.add("httpStatus", last.httpStatus)
                    line.add("outcome", last.outcome.rawValue)
                    line.add("reason", last.reason)
                }
            }
            line.add("lastSuccess", lastSuccess)
            line.add("nextDue", nextDue)
            line.add("outageTries", Int64(outageTries))
            line.add("outageWaits", Int64(outageWaits))
            line.add("parkReason", parkReason?.rawValue)
            line.add("parkedSince", parkedSince)
            line.add("pausedUntil", pausedUntil)
            line.add("place", place)
            line.add("reachedAt", reachedAt)
            if let refusal {
                line.add("refusal") { line in
                    line.add("httpStatus", Int64(refusal.httpStatus))
                    line.add("turnEnds", refusal.turnEnds)
                    line.add("turns", Int64(refusal.turns))
                }
            }
            line.add("slot", slot)
            line.add("state", state.rawValue)
            line.add("tokenExpiresAt", tokenExpiresAt)
            line.add("tokenIssuedAt", tokenIssuedAt)
            line.add("tokenRenewsAt", tokenRenewsAt)
            line.add("tokenVersion", tokenVersion)
            line.add("userID", userID)
        }
    }
}
