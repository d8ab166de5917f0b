/// One user, decoded from its row.
package struct StoredUser {
    /// The columns that `init` reads, in order; `s` is the schedule, `u` the users, `r` the reasons.
    package static let columns = """
        s.place, s.due, s.state, s.park_reason, s.since, s.slot, s.failures, s.outage_tries, s.outage_waits,
        s.reached_at, s.day, s.attempts_today, s.last_success, s.failing_since,
        s.attempted_at, s.attempt_outcome, s.attempt_status, r.text,
        u.id, u.group_name, u.token_version, u.token_expires_at, s.revision,
        u.token_issued_at, u.renew_at, u.renewal_failures, s.refused_status, s.refused_turns, s.refused_until
        """
    /// The index of the first column after those.
    package static let columnCount = 29

    package let user: User
    package let revision: Int64

    package init(_ row: some StoredColumns) throws {
        user = User(
            id: try row.id(18), place: try row.place(0), group: try row.group(19), state: try Self.state(row),
            record: try Self.record(row), tokenVersion: try row.required(20, "token_version"),
            tokenExpiresAt: row.moment(21),
            renewal: User.Renewal(
                due: row.moment(24), issuedAt: row.moment(23),
                failures: Int(try row.required(25, "renewal_failures"))))
        revision = try row.required(22, "revision")
    }

    private static func state(_ row: some StoredColumns) throws -> UserState {
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

    private static func record(_ row: some StoredColumns) throws -> User.Record {
        var record = User.Record(slot: try DamagedStore.required(row.moment(5), "slot"))
        record.failures = Int(try row.required(6, "failures"))
        record.outageTries = Int(try row.required(7, "outage_tries"))
        record.outageWaits = Int(try row.required(8, "outage_waits"))
        record.reachedAt = row.moment(9)
        record.day = try row.required(10, "day")
        record.attemptsToday = Int(try row.required(11, "attempts_today"))
        record.lastSuccess = row.moment(12)
        record.failingSince = row.moment(13)
        if let at = row.moment(14) {
            record.lastAttempt = User.LastAttempt(
                at: at, outcome: try OutcomeKind(storeCode: row.integer(15)),
                httpStatus: row.integer(16).map(Int.init(_:)), reason: row.text(17))
        }
        if let status = row.integer(26) {
            record.refusal = Refusal(
                status: Int(status), turns: Int(try row.required(27, "refused_turns")),
                turnEnds: try DamagedStore.required(row.moment(28), "refused_until"))
        }
        return record
    }
}

/// A stored user that may be leased, with its tokens.
package struct LeasableUser {
    /// The columns that `init` reads, in order, as those of `StoredUser`.
    package static let columns = "\(StoredUser.columns), u.token, u.refresh_token"

    package let stored: StoredUser
    private let token: SealedToken
    private let refreshToken: SealedToken?

    package init(_ row: some StoredColumns) throws {
        stored = try StoredUser(row)
        token = try row.token(StoredUser.columnCount)
        refreshToken = row.refreshToken(StoredUser.columnCount + 1)
    }

    package func leased(under id: Int64, until: Timestamp) -> LeasedUser {
        LeasedUser(
            lease: Lease(id: id, place: stored.user.place, until: until), user: stored.user, token: token,
            refreshToken: refreshToken, revision: stored.revision)
    }
}

// MARK: What is decided about a user

extension User {
    /// This stored user as `change` decides; nil if it decides nothing, or leaves the user as it is.
    package func changed(by change: (User) -> User?) -> User? {
        guard let user = change(self).map(with), user != self else { return nil }
        return user
    }

    /// A user that is new in a store, as `added` decides; the store itself sets id, place and token.
    package init(_ new: NewUser, at place: Place, added: (NewUser, Place) -> User) {
        let decided = added(new, place)
        self.init(
            id: new.id, place: place, group: decided.group, state: decided.state, record: decided.record,
            tokenExpiresAt: new.expiresAt, renewal: decided.renewal)
    }

    /// This stored user with the token of `new`, as `replaced` decides.
    package func replaced(by new: NewUser, _ replaced: (NewUser, User) -> User) -> User {
        var user = with(replaced(new, self))
        user.tokenVersion = tokenVersion + 1
        user.tokenExpiresAt = new.expiresAt
        return user
    }

    /// This stored user under another id, as `moved` decides.
    package func renamed(to id: UserID, at place: Place, _ moved: (User) -> User) -> User {
        let user = User(
            id: id, place: place, group: group, state: state, record: record, tokenVersion: tokenVersion,
            tokenExpiresAt: tokenExpiresAt, renewal: renewal)
        return user.with(moved(user))
    }
}

// MARK: Lists of users

extension UserFilter {
    /// A condition on users `u` and their schedule `s`; `mark` makes the placeholder of a parameter of a type.
    ///
    /// The parameters are state, reason, outcome, group, last refresh and expiry, numbered from 0.
    package static func condition(_ mark: (_ number: Int, _ type: String) -> String) -> String {
        let (state, reason, outcome) = (mark(0, "int2"), mark(1, "int2"), mark(2, "int2"))
        let (group, success, expiry) = (mark(3, "text"), mark(4, "int8"), mark(5, "int8"))
        return """
            (\(state) IS NULL OR s.state = \(state)) AND (\(reason) IS NULL OR s.park_reason = \(reason))
            AND (\(outcome) IS NULL OR s.attempt_outcome = \(outcome))
            AND (\(group) IS NULL OR u.group_name = \(group))
            AND (\(success) IS NULL OR coalesce(s.last_success, s.failing_since, s.slot) < \(success))
            AND (\(expiry) IS NULL OR u.token_expires_at < \(expiry))
            """
    }
}

extension UserOrder {
    /// The SQL equivalent of `key`.
    package var expression: String {
        switch self {
        case .due: "coalesce(s.due, \(Int64.max))"
        // As a literal, the lowest number would be parsed as a number that is too large, negated.
        case .lastSuccess: "coalesce(s.last_success, -\(Int64.max) - 1)"
        case .failures: "-s.failures"
        case .expiry: "coalesce(u.token_expires_at, \(Int64.max))"
        }
    }
}
