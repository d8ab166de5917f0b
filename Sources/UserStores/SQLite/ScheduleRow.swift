import GRDB
import RefreshCore

/// What becomes of a user, as it is written to the hot table.
enum ScheduleRow {
    /// The columns that `values` fills, in its order.
    static let columns = [
        "due", "state", "park_reason", "since", "slot", "failures", "outage_tries", "outage_waits",
        "reached_at",
        "day", "attempts_today", "last_success", "failing_since", "attempted_at", "attempt_outcome",
        "attempt_status",
    ]

    static let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")

    static func values(_ user: User) -> [(any DatabaseValueConvertible)?] {
        let record = user.record
        let (reason, since): (ParkReason?, Timestamp?) =
            switch user.state {
            case .scheduled, .backingOff: (nil, nil)
            case .parked(let reason, let since): (reason, since)
            case .paused(let end): (nil, end?.until)
            }
        return [
            user.state.due?.microsecondsSinceEpoch, user.state.kind.storeCode, reason?.storeCode,
            since?.microsecondsSinceEpoch, record.slot.microsecondsSinceEpoch, record.failures,
            record.outageTries,
            record.outageWaits, record.reachedAt?.microsecondsSinceEpoch, record.day, record.attemptsToday,
            record.lastSuccess?.microsecondsSinceEpoch, record.failingSince?.microsecondsSinceEpoch,
            record.lastAttempt?.at.microsecondsSinceEpoch, record.lastAttempt?.outcome.storeCode,
            record.lastAttempt?.httpStatus,
        ]
    }
}
