import GRDB
import RefreshCore

/// Ranks users by a listing's sort key, one batch of places at a time.
enum UserRanking {
    /// Users per batch: some ten milliseconds, after which other work gets the connection.
    static let rowsAtOnce = 20_000

    /// The place of the last of the next `count` users; nil if fewer remain.
    static func end(of count: Int, after place: Place?, in db: Database) throws -> Place? {
        try PreparedStatement(
            "SELECT place FROM schedule WHERE place > ? ORDER BY place LIMIT 1 OFFSET ?", in: db
        ).first(place?.rawValue ?? -1, count - 1) {
            $0.integer(0).flatMap(Place.init(rawValue:))
        } ?? nil
    }

    /// The first `limit` users with places after `place`, up to and including `end`; nil is no bound.
    static func ranked(
        _ filter: UserFilter, by order: UserOrder, after place: Place?, upTo end: Place?, limit: Int, in db: Database
    ) throws -> [RankedUser] {
        let statement = try PreparedStatement(
            """
            SELECT \(order.expression) AS key, u.id, s.place
            FROM schedule s CROSS JOIN users u ON u.place = s.place
            WHERE s.place > ?1 AND s.place <= ?2 AND \(UserFilter.condition { number, _ in "?\(number + 3)" })
            ORDER BY key, u.id LIMIT ?9
            """,
            in: db
        )
        return try statement.all(place?.rawValue ?? -1, end?.rawValue ?? .max, filter, limit) { row in
            RankedUser(key: try row.required(0, "key"), id: try row.id(1), place: try row.place(2))
        }
    }
}

/// A user's place in an order: by key, then by id.
struct RankedUser: Comparable, Sendable {
    let key: Int64
    let id: UserID
    let place: Place

    static func < (lhs: RankedUser, rhs: RankedUser) -> Bool {
        lhs.key == rhs.key ? lhs.id < rhs.id : lhs.key < rhs.key
    }
}
