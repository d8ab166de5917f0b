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

    /// Who comes next in the order of the ids, from their index alone.
    static func next(after: UserID?, limit: Int, in db: Database) throws -> [(id: UserID, place: Place)] {
        try PreparedStatement("SELECT id, place FROM users WHERE id > ? ORDER BY id LIMIT ?", in: db).all {
            // No id is empty: all of them come after it.
            $0.add(after?.rawValue ?? "")
            $0.add(limit)
        } _: {
            (
                try UserRow.required($0.text(0).flatMap { try? UserID($0) }, "user id"),
                try UserRow.required($0.integer(1).flatMap(Place.init(rawValue:)), "place")
            )
        }
    }

    /// Whoever is at each of these places; read in their order, neighbours come from the same pages.
    static func users(at places: some Sequence<Place>, in db: Database) throws -> [User?] {
        let row = try PreparedStatement(byID + " WHERE u.place = ?", in: db)
        return try places.map { place in try row.first({ $0.add(place) }) { try UserRow($0).user } }
    }

    /// Walks the ids in their order: all pages together read every row once, however few of them match.
    static func users(matching filter: UserFilter, after: UserID?, limit: Int, in db: Database) throws
        -> [User]
    {
        if filter == UserFilter() {
            let order = PlaceOrder(try next(after: after, limit: limit, in: db).map(\.place))
            return order.restored(try users(at: order.places, in: db)).compactMap(\.self)
        }
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
