import RefreshCore

/// What becomes of a user, as it is written to the hot table.
enum ScheduleRow {
    /// The columns that `add` fills, in its order.
    static let columns = [
        "due", "state", "park_reason", "since", "slot", "failures", "outage_tries", "outage_waits",
        "reached_at",
        "day", "attempts_today", "last_success", "failing_since", "attempted_at", "attempt_outcome",
        "attempt_status", "refused_status", "refused_turns", "refused_until",
    ]

    static let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")

    /// Gives the values of `columns`.
    static func add(_ user: User, to values: inout PreparedStatement.Values) {
        let record = user.record
        values.add(user.state.due)
        values.add(user.state.kind.storeCode)
        switch user.state {
        case .scheduled, .backingOff:
            values.add(Int64?.none)
            values.add(Timestamp?.none)
        case .parked(let reason, let since):
            values.add(reason.storeCode)
            values.add(since)
        case .paused(let end):
            values.add(Int64?.none)
            values.add(end?.until)
        }
        values.add(record.slot)
        values.add(record.failures)
        values.add(record.outageTries)
        values.add(record.outageWaits)
        values.add(record.reachedAt)
        values.add(record.day)
        values.add(record.attemptsToday)
        values.add(record.lastSuccess)
        values.add(record.failingSince)
        values.add(record.lastAttempt?.at)
        values.add(record.lastAttempt?.outcome.storeCode)
        values.add(record.lastAttempt?.httpStatus)
        values.add(record.refusal?.status)
        values.add(record.refusal?.turns)
        values.add(record.refusal?.turnEnds)
    }
}
