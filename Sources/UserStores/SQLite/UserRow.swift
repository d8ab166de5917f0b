import RefreshCore

/// One user, decoded from its row.
struct UserRow {
    /// The columns that `init` reads, in order; `s` is the schedule, `u` the users, `r` the reasons.
    static let columns = """
        s.place, s.due, s.state, s.park_reason, s.since, s.slot, s.failures, s.outage_tries, s.outage_waits,
        s.reached_at, s.day, s.attempts_today, s.last_success, s.failing_since,
        s.attempted_at, s.attempt_outcome, s.attempt_status, r.text,
        u.id, u.group_name, u.token_version, u.token_expires_at, s.revision,
        u.token_issued_at, u.renew_at, u.renewal_failures,
        s.refused_status, s.refused_turns, s.refused_until
        """
    /// The index of the first column after those.
    static let columnCount: Int32 = 29

    let user: User
    let revision: Int64

    init(_ row: PreparedStatement.Columns) throws {
        let place = try DamagedStore.required(row.integer(0).flatMap(Place.init(rawValue:)), "place")
        let id = try DamagedStore.required(row.text(18).flatMap { try? UserID($0) }, "user id")
        let group = try row.text(19).map { try DamagedStore.required(GroupName($0), "proper group name") }
        user = User(
            id: id,
            place: place,
            group: group,
            state: try Self.state(row),
            record: try Self.record(row),
            tokenVersion: try DamagedStore.required(row.integer(20), "token_version"),
            tokenExpiresAt: row.moment(21),
            renewal: User.Renewal(
                due: row.moment(24), issuedAt: row.moment(23),
                failures: Int(try DamagedStore.required(row.integer(25), "renewal_failures")))
        )
        revision = try DamagedStore.required(row.integer(22), "revision")
    }

    private static func state(_ row: PreparedStatement.Columns) throws -> UserState {
        let due = row.moment(1)
        let since = row.moment(4)
        return switch try UserState.Kind(storeCode: row.integer(2)) {
        case .scheduled: .scheduled(due: try DamagedStore.required(due, "due"))
        case .backingOff: .backingOff(due: try DamagedStore.required(due, "due"))
        case .parked:
            .parked(try ParkReason(storeCode: row.integer(3)), since: try DamagedStore.required(since, "since"))
        case .paused: .paused(try due.map { PauseEnd(until: try DamagedStore.required(since, "since"), due: $0) })
        }
    }

    private static func record(_ row: PreparedStatement.Columns) throws -> User.Record {
        var record = User.Record(slot: try DamagedStore.required(row.moment(5), "slot"))
        record.failures = Int(try DamagedStore.required(row.integer(6), "failures"))
        record.outageTries = Int(try DamagedStore.required(row.integer(7), "outage_tries"))
        record.outageWaits = Int(try DamagedStore.required(row.integer(8), "outage_waits"))
        record.reachedAt = row.moment(9)
        record.day = try DamagedStore.required(row.integer(10), "day")
        record.attemptsToday = Int(try DamagedStore.required(row.integer(11), "attempts_today"))
        record.lastSuccess = row.moment(12)
        record.failingSince = row.moment(13)
        if let at = row.moment(14) {
            record.lastAttempt = User.LastAttempt(
                at: at,
                outcome: try OutcomeKind(storeCode: row.integer(15)),
                httpStatus: row.integer(16).map(Int.init(_:)),
                reason: row.text(17)
            )
        }
        if let status = row.integer(26) {
            record.refusal = Refusal(
                status: Int(status), turns: Int(try DamagedStore.required(row.integer(27), "refused_turns")),
                turnEnds: try DamagedStore.required(row.moment(28), "refused_until"))
        }
        return record
    }
}

/// A user's state and record as written to the schedule, the hot table.
enum ScheduleRow {
    /// The columns that `add` binds, in order.
    static let columns = [
        "due", "state", "park_reason", "since", "slot", "failures", "outage_tries", "outage_waits",
        "reached_at",
        "day", "attempts_today", "last_success", "failing_since", "attempted_at", "attempt_outcome",
        "attempt_status", "refused_status", "refused_turns", "refused_until",
    ]

    static let assignments = columns.map { "\($0) = ?" }.joined(separator: ", ")

    /// Binds the values of `columns`.
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
