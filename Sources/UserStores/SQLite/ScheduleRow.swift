import RefreshCore

/// The rest of a user, joined to one of its rows; CROSS JOIN keeps SQLite from beginning with another.
extension StoredUser {
    static let besideUsers = "CROSS JOIN schedule s ON s.place = u.place LEFT JOIN reasons r ON r.place = s.place"
    static let besideSchedule = "CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place"
}

/// A user's state and record as written to the schedule, the hot table.
struct ScheduleRow: StatementValue {
    /// The columns whose values are added, in order.
    static let columns = [
        "due", "state", "park_reason", "since", "slot", "failures", "outage_tries", "outage_waits",
        "reached_at",
        "day", "attempts_today", "last_success", "failing_since", "attempted_at", "attempt_outcome",
        "attempt_status", "refused_status", "refused_turns", "refused_until",
    ]

    static let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")

    private let user: User

    init(_ user: User) {
        self.user = user
    }

    func add(to values: inout PreparedStatement.Values) {
        let (state, record) = (user.state, user.record)
        values.add(state.due, state.kind.storeCode)
        switch state {
        case .scheduled, .backingOff: values.add(Int64?.none, Timestamp?.none)
        case .parked(let reason, let since): values.add(reason.storeCode, since)
        case .paused(let end): values.add(Int64?.none, end?.until)
        }
        values.add(record.slot, record.failures, record.outageTries, record.outageWaits, record.reachedAt)
        values.add(record.day, record.attemptsToday, record.lastSuccess, record.failingSince)
        let (attempt, refusal) = (record.lastAttempt, record.refusal)
        values.add(attempt?.at, attempt?.outcome.storeCode, attempt?.httpStatus)
        values.add(refusal?.status, refusal?.turns, refusal?.turnEnds)
    }
}
