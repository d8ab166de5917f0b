import GRDB
import RefreshCore

/// Finds users by id, by filter and by place.
enum UserReader {
    private static let byID = "SELECT \(StoredUser.columns) FROM users u \(StoredUser.besideUsers)"

    static func user(_ id: UserID, in db: Database) throws -> User? {
        try PreparedStatement(byID + " WHERE u.id = ?", in: db).first(id.rawValue) {
            try StoredUser($0).user
        }
    }

    static func user(at place: Place, in db: Database) throws -> User? {
        try PreparedStatement(byID + " WHERE u.place = ?", in: db).first(place) { try StoredUser($0).user }
    }

    /// The next users in the order of ids, from the index of ids alone.
    static func next(after: UserID?, limit: Int, in db: Database) throws -> [(id: UserID, place: Place)] {
        // No id is empty, so all ids come after the empty one.
        try PreparedStatement("SELECT id, place FROM users WHERE id > ? ORDER BY id LIMIT ?", in: db).all(
            after?.rawValue ?? "", limit
        ) {
            (try $0.id(0), try $0.place(1))
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
            return try row.first(place) { try make(StoredUser($0).user, attempts) }
        }
    }

    /// Lists users in the order of ids: all pages together read each row once, however few rows match.
    static func users<Value>(
        matching filter: UserFilter, after: UserID?, limit: Int, histories: Bool, in db: Database,
        _ make: (User, [AttemptRecord]) throws -> Value
    ) throws -> [Value] {
        if filter == .all {
            let order = PlaceOrder(try next(after: after, limit: limit, in: db).map(\.place))
            let found = try users(at: order.places[...], histories: histories, in: db, make)
            return order.restored(found).compactMap(\.self)
        }
        let statement = try PreparedStatement(
            byID + """
                 WHERE u.id > ?1 AND \(UserFilter.condition { number, _ in "?\(number + 2)" })
                ORDER BY u.id LIMIT ?8
                """,
            in: db
        )
        let history = histories ? try HistoryReader(db) : nil
        // No id is empty, so all ids come after the empty one.
        return try statement.all(after?.rawValue ?? "", filter, limit) { row in
            let user = try StoredUser(row).user
            return try make(user, try history?.attempts(at: [user.place]).first ?? [])
        }
    }

    /// Users in the order of their places, and whether they are the last.
    static func users(from place: Place?, limit: Int, in db: Database) throws -> (users: [User], isLast: Bool) {
        let statement = try PreparedStatement(
            """
            SELECT \(StoredUser.columns) FROM schedule s \(StoredUser.besideSchedule)
            WHERE s.place > ? ORDER BY s.place LIMIT ?
            """,
            in: db
        )
        let found = try statement.all(place?.rawValue ?? -1, limit == .max ? limit : limit + 1) {
            try StoredUser($0).user
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

extension UserFilter: StatementValue {
    /// Binds the parameters of `condition`.
    func add(to values: inout PreparedStatement.Values) {
        values.add(state?.storeCode, parkReason?.storeCode, outcome?.storeCode, group?.rawValue)
        values.add(notRefreshedSince, expiringBefore)
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
        // Sorted like the rows, so that one pass matches each lease with its row.
        var leased = leases.places(after: place?.rawValue ?? -1)[...]
        return try statement.page(after: place, limit: rowsAtOnce) { row in
            let here = try row.required(0, "place")
            while let first = leased.first, first < here { leased.removeFirst() }
            let group = row.text(3).flatMap(GroupName.init)
            histogram.add(
                of: group.flatMap { groups.contains($0) ? $0 : nil }, in: try UserState.Kind(storeCode: row.integer(2)),
                due: row.moment(1), isFree: leased.first != here)
        }
    }
}
