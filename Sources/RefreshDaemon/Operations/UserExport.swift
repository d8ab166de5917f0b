package import RefreshCore

/// Everything that is stored about one user.
///
/// Of the tokens it has only number, times and expiry. Times are RFC 3339 in UTC. Missing values are left out.
package struct UserExport: Codable, Sendable, Equatable {
    package struct LastAttempt: Codable, Sendable, Equatable {
        package var at: String
        package var outcome: OutcomeKind
        package var httpStatus: Int?
        package var reason: String?
    }

    package struct Refused: Codable, Sendable, Equatable {
        package var httpStatus: Int
        /// The number of intervals of the schedule in which Tight refused a call with this status.
        package var turns: Int
        /// When the last of these intervals ends.
        package var turnEnds: String
    }

    package var userID: String
    package var group: String?
    /// The user's place in the schedule, 0 to 2^63 - 1.
    package var place: Int64
    package var state: UserState.Kind
    package var parkReason: ParkReason?
    package var parkedSince: String?
    package var pausedUntil: String?
    package var nextDue: String?
    /// The slot that the next call belongs to, or for a parked or paused user the last call.
    package var slot: String
    package var failures: Int
    package var outageTries: Int
    package var outageWaits: Int
    /// When a call may last have reached the bank.
    ///
    /// The minimum interval starts here.
    package var reachedAt: String?
    /// The UTC day to which `attemptsToday` applies.
    package var day: String
    package var attemptsToday: Int
    package var lastSuccess: String?
    package var failingSince: String?
    /// The user's current run of refusals with the same status.
    package var refusal: Refused?
    package var lastAttempt: LastAttempt?
    /// The number of tokens that the user has had.
    package var tokenVersion: Int64
    package var tokenIssuedAt: String?
    package var tokenExpiresAt: String?
    package var tokenRenewsAt: String?
    /// Past attempts, newest first.
    package var history: [AttemptReport]

    package init(_ user: User, history: [AttemptRecord]) {
        userID = user.id.rawValue
        group = user.group?.rawValue
        place = user.place.rawValue
        state = user.state.kind
        if case .parked(let reason, let since) = user.state {
            parkReason = reason
            parkedSince = since.description
        }
        if case .paused(let end?) = user.state { pausedUntil = end.until.description }
        nextDue = user.state.due?.description
        let record = user.record
        slot = record.slot.description
        failures = record.failures
        outageTries = record.outageTries
        outageWaits = record.outageWaits
        reachedAt = record.reachedAt?.description
        day = String(Timestamp.startOfDay(record.day).description.prefix { $0 != "T" })
        attemptsToday = record.attemptsToday
        lastSuccess = record.lastSuccess?.description
        failingSince = record.failingSince?.description
        refusal = record.refusal.map {
            Refused(httpStatus: $0.status, turns: $0.turns, turnEnds: $0.turnEnds.description)
        }
        lastAttempt = record.lastAttempt.map {
            LastAttempt(at: $0.at.description, outcome: $0.outcome, httpStatus: $0.httpStatus, reason: $0.reason)
        }
        tokenVersion = user.tokenVersion
        tokenIssuedAt = user.renewal.issuedAt?.description
        tokenExpiresAt = user.tokenExpiresAt?.description
        tokenRenewsAt = user.renewal.due?.description
        self.history = history.map(AttemptReport.init)
    }
}

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
