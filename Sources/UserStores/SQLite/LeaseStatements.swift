import GRDB
import RefreshCore

/// The statements of the queue; each names its index, so that it fails rather than crawls if the index is unusable.
///
/// No statement knows who is leased: the reader skips the users that `OpenLeases` holds, and stops once it has enough.
enum LeaseStatements {
    static let free = ScheduleWalk("s.place, s.due")

    /// An index by outcome would cost every settlement a page.
    static let dueOutcomes = ScheduleWalk("s.place, s.due, s.attempt_outcome")

    static let due = ScheduleWalk(LeasableUser.columns, joining: StoredUser.besideSchedule)

    static let countDue = "SELECT count(*) FROM schedule INDEXED BY schedule_by_due WHERE due <= ?"

    static let selectID = """
        SELECT \(LeasableUser.columns) FROM users u \(StoredUser.besideUsers) WHERE u.id = ?
        """

    static let selectPlace = """
        SELECT \(LeasableUser.columns) FROM schedule s \(StoredUser.besideSchedule) WHERE s.place = ?
        """

    static let selectSettled = """
        SELECT \(StoredUser.columns), s.settled FROM schedule s \(StoredUser.besideSchedule) WHERE s.place = ?
        """

    static let selectFirstRenewal = """
        SELECT place, renew_at FROM users INDEXED BY users_by_renewal WHERE renew_at IS NOT NULL ORDER BY renew_at
        """

    static let selectRenewals = """
        SELECT \(LeasableUser.columns) FROM users u INDEXED BY users_by_renewal \(StoredUser.besideUsers)
        WHERE u.renew_at <= ? ORDER BY u.renew_at
        """

    static let writeRenewal = """
        UPDATE users SET token_issued_at = ?, renew_at = ?, renewal_failures = ? WHERE place = ?
        """

    static let writeTokens = """
        UPDATE users SET token = ?, refresh_token = coalesce(?, refresh_token), token_expires_at = ?,
            token_version = token_version + 1 WHERE place = ?
        """

    /// Never writes twice under the same lease, whatever leases are believed to be open.
    static let settle = """
        UPDATE schedule SET \(ScheduleRow.assignments), settled = ?\(lease)
        WHERE place = ?\(lease + 1) AND revision = ?\(lease + 2) AND settled IS NOT ?\(lease)
        """

    private static let lease = ScheduleRow.columns.count + 1
}

/// Walks the rows that have a due moment, by due moment and then place, starting at a cursor.
///
/// It reads the users due at the cursor's moment first, then the later ones. For a pair that ends in the table's key,
/// SQLite searches by the first half alone, and a million users may be due at one moment.
struct ScheduleWalk {
    let same: String
    let later: String

    /// `s` is the alias of the schedule.
    init(_ columns: String, joining others: String = "") {
        let rows = "SELECT \(columns) FROM schedule s INDEXED BY schedule_by_due \(others)"
        same = "\(rows) WHERE s.due = ? AND s.place > ? ORDER BY s.place"
        later = "\(rows) WHERE s.due > ? AND s.due <= ? ORDER BY s.due, s.place"
    }

    /// Passes the rows that are due by `moment` to `body` until it returns false.
    func read(
        after cursor: LeaseCursor, upTo moment: Timestamp, in db: Database,
        while body: (PreparedStatement.Columns) throws -> Bool
    ) throws {
        guard cursor.due <= moment.microsecondsSinceEpoch else { return }
        var wantsMore = true
        try PreparedStatement(same, in: db).read(cursor.due, cursor.place) { row in
            wantsMore = try body(row)
            return wantsMore
        }
        guard wantsMore else { return }
        try PreparedStatement(later, in: db).read(cursor.due, moment) {
            try body($0)
        }
    }
}
