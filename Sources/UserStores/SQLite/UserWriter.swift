import FoundationEssentials
import GRDB
import RefreshCore

/// Writes whole users: new ones, new tokens, changes by the operator.
struct UserWriter {
    private let db: Database
    private let occupied: Statement
    private let insertSchedule: Statement
    private let insertUser: Statement
    private let updateSchedule: Statement
    private let updateUser: Statement
    private let updateToken: Statement
    private let reasons: ReasonWriter

    init(_ db: Database) throws {
        self.db = db
        occupied = try db.cachedStatement(sql: "SELECT 1 FROM schedule WHERE place = ?")
        insertSchedule = try db.cachedStatement(
            sql: """
                INSERT INTO schedule (place, \(ScheduleRow.columns.joined(separator: ", ")))
                VALUES (?\(String(repeating: ", ?", count: ScheduleRow.columns.count)))
                """
        )
        insertUser = try db.cachedStatement(
            sql: """
                INSERT INTO users (place, id, group_name, token, token_version, token_expires_at)
                VALUES (?, ?, ?, ?, ?, ?)
                """
        )
        updateSchedule = try db.cachedStatement(
            sql: "UPDATE schedule SET \(ScheduleRow.assignments), revision = revision + 1 WHERE place = ?"
        )
        updateUser = try db.cachedStatement(
            sql: "UPDATE users SET group_name = ?, token_version = ?, token_expires_at = ? WHERE place = ?"
        )
        updateToken = try db.cachedStatement(sql: "UPDATE users SET token = ? WHERE place = ?")
        reasons = try ReasonWriter(db)
    }

    func put(
        _ new: NewUser,
        home: Place,
        added: (NewUser, Place) -> User,
        replaced: (NewUser, User) -> User
    ) throws -> PutResult {
        if let stored = try UserReader.row(of: new.id, in: db)?.user {
            var user = stored.with(replaced(new, stored))
            user.tokenVersion = stored.tokenVersion + 1
            user.tokenExpiresAt = new.expiresAt
            try overwrite(user)
            updateToken.setUncheckedArguments([Data(new.token.bytes), user.place.rawValue])
            try updateToken.execute()
            return .replaced(user, previous: stored.state.kind)
        }
        var place = home
        while try Bool.fetchOne(occupied, arguments: [place.rawValue]) != nil { place = place.next }
        let decided = added(new, place)
        let user = User(
            id: new.id,
            place: place,
            group: decided.group,
            state: decided.state,
            record: decided.record,
            tokenExpiresAt: new.expiresAt
        )
        insertSchedule.setUncheckedArguments(StatementArguments([place.rawValue] + ScheduleRow.values(user)))
        try insertSchedule.execute()
        insertUser.setUncheckedArguments([
            place.rawValue, user.id.rawValue, user.group?.rawValue, Data(new.token.bytes), user.tokenVersion,
            user.tokenExpiresAt?.microsecondsSinceEpoch,
        ])
        try insertUser.execute()
        if let reason = user.record.lastAttempt?.reason { try reasons.write(reason, at: place) }
        return .added(user)
    }

    /// Writes a stored user anew, its token apart, and raises its revision.
    func overwrite(_ user: User) throws {
        let place = user.place.rawValue
        updateSchedule.setUncheckedArguments(StatementArguments(ScheduleRow.values(user) + [place]))
        try updateSchedule.execute()
        updateUser.setUncheckedArguments([
            user.group?.rawValue, user.tokenVersion, user.tokenExpiresAt?.microsecondsSinceEpoch, place,
        ])
        try updateUser.execute()
        try reasons.write(user.record.lastAttempt?.reason, at: user.place)
    }
}
