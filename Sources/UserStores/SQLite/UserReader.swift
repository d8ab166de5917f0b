import GRDB
import RefreshCore

/// Finds users by id, by what they are like and by their place.
enum UserReader {
    private static let byID = """
        SELECT \(UserRow.columns)
        FROM users u CROSS JOIN schedule s ON s.place = u.place LEFT JOIN reasons r ON r.place = s.place
        """

    static func user(_ id: UserID, in db: Database) throws -> User? {
        try PreparedStatement(byID + " WHERE u.id = ?", in: db).first {
            $0.add(id.rawValue)
        } _: {
            try UserRow($0).user
        }
    }

    static func user(at place: Place, in db: Database) throws -> User? {
        try PreparedStatement(byID + " WHERE u.place = ?", in: db).first {
            $0.add(place)
        } _: {
            try UserRow($0).user
        }
    }

    /// Everybody in the order of their ids.
    ///
    /// First who comes next, from the index of ids alone; then their rows in the order of places, so that neighbours are
    /// read from the same pages.
    private static func users(after: UserID?, limit: Int, in db: Database) throws -> [User] {
        let next = try PreparedStatement("SELECT place FROM users WHERE id > ? ORDER BY id LIMIT ?", in: db)
        let places = try next.all {
            $0.add(after?.rawValue ?? "")
            $0.add(limit)
        } _: {
            try UserRow.required($0.integer(0).flatMap(Place.init(rawValue:)), "place")
        }
        let row = try PreparedStatement(byID + " WHERE u.place = ?", in: db)
        var users = [User?](repeating: nil, count: places.count)
        for index in places.indices.sorted(by: { places[$0] < places[$1] }) {
            users[index] = try row.first({ $0.add(places[index]) }) { try UserRow($0).user }
        }
        return users.compactMap(\.self)
    }

    /// Walks the ids in their order: all pages together read every row once, however few of them match.
    static func users(matching filter: UserFilter, after: UserID?, limit: Int, in db: Database) throws
        -> [User]
    {
        if filter == UserFilter() { return try users(after: after, limit: limit, in: db) }
        let statement = try PreparedStatement(
            byID + """
                 WHERE u.id > ?1 AND \(UserFilter.condition(from: 2))
                ORDER BY u.id LIMIT ?8
                """,
            in: db
        )
        return try statement.all { values in
            // No id is empty: all of them come after it.
            values.add(after?.rawValue ?? "")
            filter.add(to: &values)
            values.add(limit)
        } _: {
            try UserRow($0).user
        }
    }

    /// Users in the order of their places, and whether they are the last.
    static func users(from place: Place?, limit: Int, in db: Database) throws -> (users: [User], isLast: Bool) {
        let statement = try PreparedStatement(
            """
            SELECT \(UserRow.columns)
            FROM schedule s CROSS JOIN users u ON u.place = s.place LEFT JOIN reasons r ON r.place = s.place
            WHERE s.place > ? ORDER BY s.place LIMIT ?
            """,
            in: db
        )
        let found = try statement.all { values in
            values.add(place?.rawValue ?? -1)
            values.add(limit == .max ? limit : limit + 1)
        } _: {
            try UserRow($0).user
        }
        return (Array(found.prefix(limit)), found.count <= limit)
    }
}
