import FoundationEssentials
import GRDB
import RefreshCore

/// One user as its row in the store gives it, read by hand: decoding by name costs several times as much.
struct UserRow {
    /// What `init` reads, in its order; `s` is the schedule, `u` the users, `r` the reasons.
    static let columns = """
        s.place, s.due, s.state, s.park_reason, s.since, s.slot, s.failures, s.outage_tries, s.outage_waits,
        s.reached_at, s.day, s.attempts_today, s.last_success, s.failing_since,
        s.attempted_at, s.attempt_outcome, s.attempt_status, r.text,
        u.id, u.group_name, u.token_version, u.token_expires_at, s.revision, s.lease_id, s.lease_until, s.leased_at
        """
    /// The index of the first column after those.
    static let columnCount = 26

    let user: User
    let revision: Int64
    let leaseID: Int64?
    let leaseUntil: Timestamp?
    let leasedAt: Timestamp?

    init(_ row: Row) throws {
        let place = try Self.place(row[0])
        let record = try Self.record(row)
        let id = try Self.id(row[18])
        let group: String? = row[19]
        user = User(
            id: id,
            place: place,
            group: try group.map(Self.group),
            state: try Self.state(row),
            record: record,
            tokenVersion: try Self.required(row[20], "token_version"),
            tokenExpiresAt: Self.moment(row[21])
        )
        revision = try Self.required(row[22], "revision")
        leaseID = row[23]
        leaseUntil = Self.moment(row[24])
        leasedAt = Self.moment(row[25])
    }

    private static func state(_ row: Row) throws -> UserState {
        let due = moment(row[1])
        let since = moment(row[4])
        return switch try UserState.Kind(storeCode: row[2]) {
        case .scheduled: .scheduled(due: try required(due, "due"))
        case .backingOff: .backingOff(due: try required(due, "due"))
        case .parked: .parked(try ParkReason(storeCode: row[3]), since: try required(since, "since"))
        case .paused: .paused(try due.map { PauseEnd(until: try required(since, "since"), due: $0) })
        }
    }

    private static func record(_ row: Row) throws -> User.Record {
        var record = User.Record(slot: Timestamp(microsecondsSinceEpoch: try required(row[5], "slot")))
        record.failures = try required(row[6], "failures")
        record.outageTries = try required(row[7], "outage_tries")
        record.outageWaits = try required(row[8], "outage_waits")
        record.reachedAt = moment(row[9])
        record.day = try required(row[10], "day")
        record.attemptsToday = try required(row[11], "attempts_today")
        record.lastSuccess = moment(row[12])
        record.failingSince = moment(row[13])
        if let at = moment(row[14]) {
            record.lastAttempt = User.LastAttempt(
                at: at,
                outcome: try OutcomeKind(storeCode: row[15]),
                httpStatus: row[16],
                reason: row[17]
            )
        }
        return record
    }

    static func place(_ column: Int64?) throws -> Place {
        guard let column, let place = Place(rawValue: column) else {
            throw DamagedStore(what: "a row has no place on the circle")
        }
        return place
    }

    private static func id(_ column: String?) throws -> UserID {
        guard let column, let id = try? UserID(column) else {
            throw DamagedStore(what: "a row has no user id")
        }
        return id
    }

    private static func group(_ column: String) throws -> GroupName {
        guard let group = GroupName(column) else { throw DamagedStore(what: "a row has no right group name") }
        return group
    }

    static func moment(_ column: Int64?) -> Timestamp? {
        column.map(Timestamp.init(microsecondsSinceEpoch:))
    }

    static func required<Value>(_ column: Value?, _ name: String) throws -> Value {
        guard let column else { throw DamagedStore(what: "a row has no \(name)") }
        return column
    }
}
