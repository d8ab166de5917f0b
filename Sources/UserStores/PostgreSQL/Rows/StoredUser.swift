import RefreshCore

/// One user, decoded from its rows.
struct StoredUser {
    /// The columns that `init` reads, in order; `s` is the schedule, `u` the users, `r` the reasons.
    static let columns = """
        s.place, s.due, s.state, s.park_reason, s.since, s.slot, s.failures, s.outage_tries, s.outage_waits,
        s.reached_at, s.day, s.attempts_today, s.last_success, s.failing_since,
        s.attempted_at, s.attempt_outcome, s.attempt_status, r.text,
        u.id, u.group_name, u.token_version, u.token_expires_at, s.revision,
        u.token_issued_at, u.renew_at, u.renewal_failures, s.refused_status, s.refused_turns, s.refused_until
        """
    /// Further columns for leased users.
    static let tokenColumns = "u.token, u.refresh_token"
    /// The index of the first column after `columns`.
    static let columnCount = 29

    /// Joins the schedule and the reasons, after `u`.
    static let joins = """
        JOIN bankrefreshd.schedule s ON s.place = u.place LEFT JOIN bankrefreshd.reasons r ON r.place = u.place
        """

    let user: User
    let revision: Int64

    init(_ row: Rows.Row) throws {
        let place = try DamagedStore.required(row.integer(0).flatMap(Place.init(rawValue:)), "place")
        let id = try Self.id(row, 18)
        let group = try row.text(19).map { try DamagedStore.required(GroupName($0), "proper group name") }
        user = User(
            id: id, place: place, group: group, state: try Self.state(row), record: try Self.record(row),
            tokenVersion: try DamagedStore.required(row.integer(20), "token_version"),
            tokenExpiresAt: row.moment(21),
            renewal: User.Renewal(
                due: row.moment(24), issuedAt: row.moment(23),
                failures: Int(try DamagedStore.required(row.integer(25), "renewal_failures"))))
        revision = try DamagedStore.required(row.integer(22), "revision")
    }

    static func id(_ row: Rows.Row, _ column: Int) throws -> UserID {
        try DamagedStore.required(row.text(column).flatMap { try? UserID($0) }, "user id")
    }

    /// The leased user, from a row of `columns` and `tokenColumns`.
    static func leased(_ row: Rows.Row, under id: Int64, until: Timestamp) throws -> LeasedUser {
        let stored = try StoredUser(row)
        return LeasedUser(
            lease: Lease(id: id, place: stored.user.place, until: until), user: stored.user,
            token: SealedToken(bytes: try DamagedStore.required(row.bytes(columnCount), "token")),
            refreshToken: row.bytes(columnCount + 1).map(SealedToken.init(bytes:)), revision: stored.revision)
    }

    private static func state(_ row: Rows.Row) throws -> UserState {
        let due = row.moment(1)
        let since = row.moment(4)
        return switch try UserState.Kind(storeCode: row.integer(2)) {
        case .scheduled: .scheduled(due: try DamagedStore.required(due, "due"))
        case .backingOff: .backingOff(due: try DamagedStore.required(due, "due"))
        case .parked:
            .parked(try ParkReason(storeCode: row.integer(3)), since: try DamagedStore.required(since, "since"))
        case .paused:
            .paused(try due.map { PauseEnd(until: try DamagedStore.required(since, "since"), due: $0) })
        }
    }

    private static func record(_ row: Rows.Row) throws -> User.Record {
        func count(_ column: Int, _ name: String) throws -> Int {
            Int(try DamagedStore.required(row.integer(column), name))
        }
        var record = User.Record(slot: try DamagedStore.required(row.moment(5), "slot"))
        record.failures = try count(6, "failures")
        record.outageTries = try count(7, "outage_tries")
        record.outageWaits = try count(8, "outage_waits")
        record.reachedAt = row.moment(9)
        record.day = try DamagedStore.required(row.integer(10), "day")
        record.attemptsToday = try count(11, "attempts_today")
        record.lastSuccess = row.moment(12)
        record.failingSince = row.moment(13)
        if let at = row.moment(14) {
            record.lastAttempt = User.LastAttempt(
                at: at, outcome: try OutcomeKind(storeCode: row.integer(15)),
                httpStatus: row.integer(16).map(Int.init(_:)),
                reason: row.text(17))
        }
        if let status = row.integer(26) {
            record.refusal = Refusal(
                status: Int(status), turns: try count(27, "refused_turns"),
                turnEnds: try DamagedStore.required(row.moment(28), "refused_until"))
        }
        return record
    }
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
}
