import GRDB
import RefreshCore

/// Writes whole users: new ones, new tokens, changes by the operator.
struct UserWriter {
    private let db: Database
    private let known: PreparedStatement
    private let insertSchedule: PreparedStatement
    private let insertUser: PreparedStatement
    private let updateSchedule: PreparedStatement
    private let updateUser: PreparedStatement
    private let updateToken: PreparedStatement
    private let reasons: ReasonWriter

    init(_ db: Database) throws {
        self.db = db
        known = try PreparedStatement("SELECT 1 FROM users WHERE id = ?", in: db)
        insertSchedule = try PreparedStatement(
            """
            INSERT INTO schedule (\(ScheduleRow.columns.joined(separator: ", ")), place)
            VALUES (\(String(repeating: "?, ", count: ScheduleRow.columns.count))?) ON CONFLICT (place) DO NOTHING
            """,
            in: db
        )
        insertUser = try PreparedStatement(
            """
            INSERT INTO users (place, id, group_name, token, refresh_token, token_version, token_expires_at,
                token_issued_at, renew_at, renewal_failures) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            in: db
        )
        updateSchedule = try PreparedStatement(
            "UPDATE schedule SET \(ScheduleRow.assignments), revision = revision + 1 WHERE place = ?",
            in: db
        )
        updateUser = try PreparedStatement(
            """
            UPDATE users SET group_name = ?, token_version = ?, token_expires_at = ?, token_issued_at = ?, renew_at = ?,
                renewal_failures = ? WHERE place = ?
            """,
            in: db
        )
        updateToken = try PreparedStatement("UPDATE users SET token = ?, refresh_token = ? WHERE place = ?", in: db)
        reasons = try ReasonWriter(db)
    }

    /// Puts users one after another in `order`, inserting those that look new in batches.
    ///
    /// Returns one result per user, in the order in which the users were given.
    func put(
        _ users: [NewUser], homes: [Place], order: [Int],
        added: (NewUser, Place) -> User,
        replaced: (NewUser, User) -> User
    ) throws -> [PutResult] {
        var results = [PutResult?](repeating: nil, count: users.count)
        func putOne(_ index: Int) throws {
            results[index] = try put(users[index], home: homes[index], added: added, replaced: replaced)
        }
        let together = users.count < NewUserRows.atOnce ? nil : try NewUserRows(db)
        var waiting: [Int] = []
        func putWaiting() throws {
            defer { waiting.removeAll(keepingCapacity: true) }
            if let together, waiting.count == NewUserRows.atOnce {
                let rows: [NewUserRows.Row] = waiting.map { index in
                    (user: User(users[index], at: homes[index], added: added), new: users[index])
                }
                if try together.insert(rows) {
                    for (index, row) in zip(waiting, rows) { results[index] = .added(row.user) }
                    return
                }
            }
            for index in waiting { try putOne(index) }
        }
        for index in order {
            if users[index].basis ?? 0 == 0 {
                waiting.append(index)
                if waiting.count == NewUserRows.atOnce { try putWaiting() }
            } else {
                // It may be for a user that is still waiting.
                try putWaiting()
                try putOne(index)
            }
        }
        try putWaiting()
        return results.compactMap(\.self)
    }

    private func put(
        _ new: NewUser,
        home: Place,
        added: (NewUser, Place) -> User,
        replaced: (NewUser, User) -> User
    ) throws -> PutResult {
        if let stored = try stored(new.id) {
            if let basis = new.basis, basis != stored.tokenVersion { return .superseded }
            let user = stored.replaced(by: new, replaced)
            try overwrite(user)
            try updateToken.run(new.token.bytes, new.refreshToken?.bytes, user.place)
            return .replaced(user, previous: stored.state.kind)
        }
        if let basis = new.basis, basis != 0 { return .superseded }
        var place = home
        while true {
            let user = User(new, at: place, added: added)
            if try insert(user, new) { return .added(user) }
            place = place.next
        }
    }

    /// Inserts the user under a new id, at the first free place from `home` on; the caller removes the old row.
    func move(_ old: StoredUser, to new: NewUser, home: Place, moved: (User) -> User) throws -> User {
        var place = home
        while true {
            let user = old.user.renamed(to: new.id, at: place, moved)
            if try insert(user, new) {
                let raise = try PreparedStatement("UPDATE schedule SET revision = ? WHERE place = ?", in: db)
                try raise.run(old.revision + 1, place)
                return user
            }
            place = place.next
        }
    }

    /// Overwrites a stored user except for its tokens, and raises its revision.
    func overwrite(_ user: User) throws {
        try updateSchedule.run(ScheduleRow(user), user.place)
        try updateUser.run(
            user.group?.rawValue, user.tokenVersion, user.tokenExpiresAt, user.renewal, user.place)
        try reasons.write(user.record.lastAttempt?.reason, at: user.place)
    }

    /// Binds the values of a row of `users`, in the order of the columns, with the tokens of `new`.
    static func add(_ user: User, _ new: NewUser, to values: inout PreparedStatement.Values) {
        values.add(user.place, user.id.rawValue, user.group?.rawValue, new.token.bytes, new.refreshToken?.bytes)
        values.add(user.tokenVersion, user.tokenExpiresAt, user.renewal)
    }

    /// Returns false and writes nothing if another user has the place.
    private func insert(_ user: User, _ new: NewUser) throws -> Bool {
        guard try insertSchedule.run(ScheduleRow(user), user.place) == 1 else { return false }
        try insertUser.run { Self.add(user, new, to: &$0) }
        if let reason = user.record.lastAttempt?.reason { try reasons.write(reason, at: user.place) }
        return true
    }

    private func stored(_ id: UserID) throws -> User? {
        // Most users are new, and a lookup in the index alone is faster than reading the whole row.
        guard try known.first(id.rawValue, read: { _ in true }) != nil else { return nil }
        return try UserReader.user(id, in: db)
    }
}

extension User.Renewal: StatementValue {
    func add(to values: inout PreparedStatement.Values) {
        values.add(issuedAt, due, failures)
    }
}

/// Keeps the text of a user's last failure in a row that exists only while there is such a text.
struct ReasonWriter {
    private let insert: PreparedStatement
    private let delete: PreparedStatement
    private let known: PreparedStatement
    /// If more reasons lie between the places of a batch, finding them costs more than it saves.
    private static let mostKnown = 1_000

    init(_ db: Database) throws {
        insert = try PreparedStatement(
            """
            INSERT INTO reasons (place, text) VALUES (?, ?) ON CONFLICT (place) DO UPDATE SET text = excluded.text
            """,
            in: db
        )
        delete = try PreparedStatement("DELETE FROM reasons WHERE place = ?", in: db)
        known = try PreparedStatement("SELECT place FROM reasons WHERE place BETWEEN ? AND ? LIMIT ?", in: db)
    }

    func write(_ reason: String?, at place: Place) throws {
        if let reason {
            try insert.run(place, reason)
        } else {
            try delete.run(place)
        }
    }

    /// As `write` for each; first looks up which users have a text to remove, since most have none.
    func write(_ reasons: [(place: Place, reason: String?)]) throws {
        let places = reasons.map(\.place)
        guard let first = places.min(), let last = places.max() else { return }
        var stored = Set<Int64>()
        try known.each(first, last, Self.mostKnown) { row in
            if let place = row.integer(0) { stored.insert(place) }
        }
        let isComplete = stored.count < Self.mostKnown
        for (place, reason) in reasons where reason != nil || !isComplete || stored.contains(place.rawValue) {
            try write(reason, at: place)
        }
    }
}
