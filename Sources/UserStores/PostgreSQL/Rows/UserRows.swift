import RefreshCore

extension StoredUser {
    /// Joins the schedule and the reasons, after `u`.
    static let joins = """
        JOIN bankrefreshd.schedule s ON s.place = u.place LEFT JOIN bankrefreshd.reasons r ON r.place = u.place
        """
}

/// A user's state and record as written to the schedule, the hot table.
enum ScheduleRow {
    static let columns: [NumberColumn<User>] = [
        NumberColumn("due") { $0.state.due?.microsecondsSinceEpoch },
        NumberColumn("state", .int2) { $0.state.kind.storeCode },
        NumberColumn("park_reason", .int2) { user in
            if case .parked(let reason, _) = user.state { reason.storeCode } else { nil }
        },
        NumberColumn("since") { user in
            switch user.state {
            case .scheduled, .backingOff: nil
            case .parked(_, let since): since.microsecondsSinceEpoch
            case .paused(let end): end?.until.microsecondsSinceEpoch
            }
        },
        NumberColumn("slot") { $0.record.slot.microsecondsSinceEpoch },
        NumberColumn("failures") { Int64($0.record.failures) },
        NumberColumn("outage_tries") { Int64($0.record.outageTries) },
        NumberColumn("outage_waits") { Int64($0.record.outageWaits) },
        NumberColumn("reached_at") { $0.record.reachedAt?.microsecondsSinceEpoch },
        NumberColumn("day", .int4) { $0.record.day },
        NumberColumn("attempts_today") { Int64($0.record.attemptsToday) },
        NumberColumn("last_success") { $0.record.lastSuccess?.microsecondsSinceEpoch },
        NumberColumn("failing_since") { $0.record.failingSince?.microsecondsSinceEpoch },
        NumberColumn("attempted_at") { $0.record.lastAttempt?.at.microsecondsSinceEpoch },
        NumberColumn("attempt_outcome", .int2) { $0.record.lastAttempt?.outcome.storeCode },
        NumberColumn("attempt_status", .int2) { $0.record.lastAttempt?.httpStatus.map(Int64.init) },
        NumberColumn("refused_status", .int2) { ($0.record.refusal?.status).map(Int64.init) },
        NumberColumn("refused_turns") { ($0.record.refusal?.turns).map(Int64.init) },
        NumberColumn("refused_until") { $0.record.refusal?.turnEnds.microsecondsSinceEpoch },
    ]

    static let names = columns.map(\.name).joined(separator: ", ")
    /// Assigns the columns from a table `u` with the same column names.
    static let assignments = columns.map { "\($0.name) = u.\($0.name)" }.joined(separator: ", ")
}

/// What is written about a user outside the schedule; group, id and tokens are not numbers and are handled separately.
enum UserRow {
    static let columns: [NumberColumn<User>] = [
        NumberColumn("place") { $0.place.rawValue },
        NumberColumn("token_version") { $0.tokenVersion },
        NumberColumn("token_expires_at") { $0.tokenExpiresAt?.microsecondsSinceEpoch },
        NumberColumn("token_issued_at") { $0.renewal.issuedAt?.microsecondsSinceEpoch },
        NumberColumn("renew_at") { $0.renewal.due?.microsecondsSinceEpoch },
        NumberColumn("renewal_failures") { Int64($0.renewal.failures) },
    ]

    static let names = columns.map(\.name).joined(separator: ", ")
    /// Assigns all but the place, as `ScheduleRow.assignments`.
    static let assignments = columns.dropFirst().map { "\($0.name) = u.\($0.name)" }.joined(separator: ", ")
}
