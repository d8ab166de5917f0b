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
        ).first {
            $0.add(place?.rawValue ?? -1)
            $0.add(count - 1)
        } _: {
            $0.integer(0).flatMap(Place.init(rawValue:))
        } ?? nil
    }

    /// The first `limit` users with places after `place`, up to and including `end`; nil is no bound.
    static func ranked(
        _ filter: UserFilter, by order: UserOrder, after place: Place?, upTo end: Place?, limit: Int, in db: Database
    ) throws -> [RankedUser] {
        let statement = try PreparedStatement(
            """
            SELECT \(key(order)) AS key, u.id, s.place
            FROM schedule s CROSS JOIN users u ON u.place = s.place
            WHERE s.place > ?1 AND s.place <= ?2 AND \(UserFilter.condition(from: 3))
            ORDER BY key, u.id LIMIT ?9
            """,
            in: db
        )
        return try statement.all { values in
            values.add(place?.rawValue ?? -1)
            values.add(end?.rawValue ?? .max)
            filter.add(to: &values)
            values.add(limit)
        } _: { row in
            RankedUser(
                key: try DamagedStore.required(row.integer(0), "key"),
                id: try DamagedStore.required(row.text(1).flatMap { try? UserID($0) }, "user id"),
                place: try DamagedStore.required(row.integer(2).flatMap(Place.init(rawValue:)), "place"))
        }
    }

    /// The SQL equivalent of `UserOrder.key`.
    private static func key(_ order: UserOrder) -> String {
        switch order {
        case .due: "coalesce(s.due, \(Int64.max))"
        // As a literal, the lowest number would be parsed as a number that is too large, negated.
        case .lastSuccess: "coalesce(s.last_success, -\(Int64.max) - 1)"
        case .failures: "-s.failures"
        case .expiry: "coalesce(u.token_expires_at, \(Int64.max))"
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

    /// The first `limit` of two sorted lists.
    static func merged(_ one: [RankedUser], _ other: [RankedUser], limit: Int) -> [RankedUser] {
        var merged: [RankedUser] = []
        merged.reserveCapacity(min(limit, one.count + other.count))
        var (left, right) = (one[...], other[...])
        while merged.count < limit {
            switch (left.first, right.first) {
            case (let first?, let second?):
                merged.append(min(first, second))
                if second < first { right.removeFirst() } else { left.removeFirst() }
            case (let first?, nil):
                merged.append(first)
                left.removeFirst()
            case (nil, let second?):
                merged.append(second)
                right.removeFirst()
            case (nil, nil): return merged
            }
        }
        return merged
    }
}
