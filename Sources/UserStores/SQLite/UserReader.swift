import GRDB
import RefreshCore

/// Finds users by id, by filter and by place.
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

    /// The next users in the order of ids, from the index of ids alone.
    static func next(after: UserID?, limit: Int, in db: Database) throws -> [(id: UserID, place: Place)] {
        try PreparedStatement("SELECT id, place FROM users WHERE id > ? ORDER BY id LIMIT ?", in: db).all {
            // No id is empty, so all ids come after the empty one.
            $0.add(after?.rawValue ?? "")
            $0.add(limit)
        } _: {
            (
                try DamagedStore.required($0.text(0).flatMap { try? UserID($0) }, "user id"),
                try DamagedStore.required($0.integer(1).flatMap(Place.init(rawValue:)), "place")
            )
        }
    }

    /// What `make` returns for the user at each place, nil if there is none.
    ///
    /// Neighbours come from the same pages if the places are sorted.
    static func users<Value>(
        at places: ArraySlice<Place>, histories: Bool, in db: Database,
        _ make: (User, [AttemptRecord]) throws -> Value
    ) throws -> [Value?] {
        let row = try PreparedStatement(byID + " WHERE u.place = ?", in: db)
        var attempts = histories ? try HistoryReader(db).attempts(at: places)[...] : []
        return try places.map { place in
            let attempts = attempts.popFirst() ?? []
            return try row.first({ $0.add(place) }) { try make(UserRow($0).user, attempts) }
        }
    }

    /// Lists users in the order of ids: all pages together read each row once, however few rows match.
    static func users<Value>(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool, in db: Database,
        _ make: (User, [AttemptRecord]) throws -> Value
    ) throws -> [Value] {
        if filter == UserFilter() {
            let order = PlaceOrder(try next(after: after, limit: limit, in: db).map(\.place))
            let found = try users(at: order.places[...], histories: histories, in: db, make)
            return order.restored(found).compactMap(\.self)
        }
        let statement = try PreparedStatement(
            byID + """
                 WHERE u.id > ?1 AND \(UserFilter.condition(from: 2))
                ORDER BY u.id LIMIT ?8
                """,
            in: db
        )
        let history = histories ? try HistoryReader(db) : nil
        return try statement.all { values in
            // No id is empty, so all ids come after the empty one.
            values.add(after?.rawValue ?? "")
            filter.add(to: &values)
            values.add(limit)
        } _: { row in
            let user = try UserRow(row).user
            return try make(user, try history?.attempts(at: [user.place]).first ?? [])
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

/// Places in the order in which to read them, so that neighbours come from the same pages.
struct PlaceOrder: Sendable {
    let places: [Place]
    /// The position in `places` of each given place.
    private let ranks: [Int]

    init(_ given: [Place]) {
        let order = given.indices.sorted { given[$0] < given[$1] }
        places = order.map { given[$0] }
        var ranks = [Int](repeating: 0, count: order.count)
        for (rank, index) in order.enumerated() { ranks[index] = rank }
        self.ranks = ranks
    }

    /// Reorders what was found at `places` to match the given order.
    func restored<Found>(_ found: [Found]) -> [Found] {
        ranks.map { found[$0] }
    }
}

extension UserFilter {
    /// A condition on users `u` and their schedule `s`; takes six parameters, numbered from `first`.
    static func condition(from first: Int) -> String {
        let (state, reason, outcome, group, success, expiry) = (
            first, first + 1, first + 2, first + 3, first + 4, first + 5
        )
        return """
            (?\(state) IS NULL OR s.state = ?\(state)) AND (?\(reason) IS NULL OR s.park_reason = ?\(reason))
            AND (?\(outcome) IS NULL OR s.attempt_outcome = ?\(outcome))
            AND (?\(group) IS NULL OR u.group_name = ?\(group))
            AND (?\(success) IS NULL OR coalesce(s.last_success, s.failing_since, s.slot) < ?\(success))
            AND (?\(expiry) IS NULL OR u.token_expires_at < ?\(expiry))
            """
    }

    /// Binds the parameters of `condition`.
    func add(to values: inout PreparedStatement.Values) {
        values.add(state?.storeCode)
        values.add(parkReason?.storeCode)
        values.add(outcome?.storeCode)
        values.add(group?.rawValue)
        values.add(notRefreshedSince)
        values.add(expiringBefore)
    }
}

/// Counts users by due moment, some thousands of neighbouring places per batch.
enum DueReader {
    /// Rows per batch: some ten milliseconds, after which other work gets the connection.
    static let rowsAtOnce = 20_000

    /// Counts the users after a place; returns the place to continue from, nil at the end.
    static func count(
        in histogram: inout DueHistogram, after place: Place?, groups: Set<GroupName>, besides leases: OpenLeases,
        in db: Database
    ) throws -> Place? {
        // Group names lie among the tokens; they are not read if no group is asked for.
        let statement = try PreparedStatement(
            groups.isEmpty
                ? """
                SELECT place, due, state, NULL
                FROM schedule WHERE place > ? ORDER BY place LIMIT ?
                """
                : """
                SELECT s.place, s.due, s.state, u.group_name
                FROM schedule s CROSS JOIN users u ON u.place = s.place WHERE s.place > ? ORDER BY s.place LIMIT ?
                """,
            in: db
        )
        var last: Int64?
        var rows = 0
        // Sorted like the rows, so that one pass matches each lease with its row.
        var leased = leases.places(after: place?.rawValue ?? -1)[...]
        try statement.each {
            $0.add(place?.rawValue ?? -1)
            $0.add(rowsAtOnce)
        } _: { row in
            rows += 1
            let here = try DamagedStore.required(row.integer(0), "place")
            last = here
            while let first = leased.first, first < here { leased.removeFirst() }
            let group = row.text(3).flatMap(GroupName.init)
            histogram.add(
                of: group.flatMap { groups.contains($0) ? $0 : nil }, in: try UserState.Kind(storeCode: row.integer(2)),
                due: row.moment(1), isFree: leased.first != here)
        }
        return rows == rowsAtOnce ? last.flatMap(Place.init(rawValue:)) : nil
    }
}
