import GRDB
import RefreshCore

/// Inserts new users twenty per statement, which costs less than a tenth per user.
///
/// It does not look for existing users first. If a place or an id is taken, SQLite rolls the whole statement back and
/// reports it.
struct NewUserRows {
    /// A user as it is to be stored, and its tokens.
    typealias Row = (user: User, new: NewUser)

    static let atOnce = 20

    private static let userColumns = [
        "place", "id", "group_name", "token", "refresh_token", "token_version", "token_expires_at", "token_issued_at",
        "renew_at", "renewal_failures",
    ]
    private static let scheduleInsertion = insertion(into: "schedule", ScheduleRow.columns + ["place"])
    private static let userInsertion = insertion(into: "users", userColumns)
    private static let scheduleDeletion =
        "DELETE FROM schedule WHERE place IN (\(Array(repeating: "?", count: atOnce).joined(separator: ", ")))"

    private let schedules: PreparedStatement
    private let users: PreparedStatement
    private let deletion: PreparedStatement
    private let reasons: ReasonWriter

    init(_ db: Database) throws {
        schedules = try PreparedStatement(Self.scheduleInsertion, in: db)
        users = try PreparedStatement(Self.userInsertion, in: db)
        deletion = try PreparedStatement(Self.scheduleDeletion, in: db)
        reasons = try ReasonWriter(db)
    }

    private static func insertion(into table: String, _ columns: [String]) -> String {
        let row = "(" + Array(repeating: "?", count: columns.count).joined(separator: ", ") + ")"
        return "INSERT INTO \(table) (\(columns.joined(separator: ", "))) VALUES "
            + Array(repeating: row, count: atOnce).joined(separator: ", ")
    }

    /// Inserts `atOnce` rows; returns false and writes nothing if one of them has a place or an id that is taken.
    func insert(_ rows: [Row]) throws -> Bool {
        let arePlacesFree = try unlessTaken {
            try schedules.run { values in
                for row in rows { values.add(ScheduleRow(row.user), row.user.place) }
            }
        }
        guard arePlacesFree else { return false }
        let areNew = try unlessTaken {
            try users.run { values in
                for row in rows { UserWriter.add(row.user, row.new, to: &values) }
            }
        }
        guard areNew else {
            // Every row at these places is new: the first insertion took them all.
            try deletion.run { values in for row in rows { values.add(row.user.place) } }
            return false
        }
        for row in rows {
            if let reason = row.user.record.lastAttempt?.reason { try reasons.write(reason, at: row.user.place) }
        }
        return true
    }

    private func unlessTaken(_ insertion: () throws -> Int) throws -> Bool {
        do {
            _ = try insertion()
            return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            return false
        }
    }
}
