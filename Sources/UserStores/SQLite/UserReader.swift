import GRDB
import RefreshCore

/// Finds users by id, by what they are like and by their place.
enum UserReader {
    private static let byID = """
        SELECT \(UserRow.columns)
        FROM users u CROSS JOIN schedule s ON s.place = u.place LEFT JOIN reasons r ON r.place = s.place
        """

    static func row(of id: UserID, in db: Database) throws -> UserRow? {
        let statement = try db.cachedStatement(sql: byID + " WHERE u.id = ?")
        return try Row.fetchOne(statement, arguments: [id.rawValue]).map(UserRow.init)
    }

    /// Walks the ids in their order: all pages together read every row once, however few of them match.
    static func users(matching filter: UserFilter, after: UserID?, limit: Int, in db: Database) throws
        -> [User]
    {
        let statement = try db.cachedStatement(
            sql: byID + """
                 WHERE u.id > ?1 AND (?2 IS NULL OR s.state = ?2)
                AND (?3 IS NULL OR s.attempt_outcome = ?3) AND (?4 IS NULL OR u.group_name = ?4)
                ORDER BY u.id LIMIT ?5
                """
        )
        return try users(
            statement,
            [
                // No id is empty: all of them come after it.
                after?.rawValue ?? "", filter.state?.storeCode, filter.outcome?.storeCode,
                filter.group?.rawValue,
                limit,
            ]
        )
    }

    /// Users in the order of their places, and whether they are the last.
    static func users(from place: Place?, limit: Int, in db: Database) throws -> (users: [User], isLast: Bool) {
        let statement = try db.cachedStatement(
            sql: """
                SELECT \(UserRow.columns)
                FROM schedule s CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
                WHERE s.place > ? ORDER BY s.place LIMIT ?
                """
        )
        let found = try users(statement, [place?.rawValue ?? -1, limit == .max ? limit : limit + 1])
        return (Array(found.prefix(limit)), found.count <= limit)
    }

    private static func users(_ statement: Statement, _ arguments: StatementArguments) throws -> [User] {
        let rows = try Row.fetchCursor(statement, arguments: arguments)
        var users: [User] = []
        while let row = try rows.next() { users.append(try UserRow(row).user) }
        return users
    }
}
