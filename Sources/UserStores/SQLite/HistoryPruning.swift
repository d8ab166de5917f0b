import GRDB
import RefreshCore

/// Finds attempts beyond the bounds of the history, and removes them in small batches.
enum HistoryPruning {
    /// The last of up to `limit` users after a place, and those among them with more than `keep` attempts.
    struct Surplus {
        let last: Place?
        let isEnd: Bool
        let places: [Place]
    }

    static func isAnything(before day: Int64, in db: Database) throws -> Bool {
        try PreparedStatement("SELECT 1 FROM attempts WHERE day < ? LIMIT 1", in: db).first(
            { $0.add(day) }, { _ in true })
            ?? false
    }

    /// Removes up to `limit` attempts, oldest first: whole days lie together.
    static func remove(before day: Int64, limit: Int, in db: Database) throws -> Int {
        try PreparedStatement(
            """
            DELETE FROM attempts WHERE (day, place, at) IN (
                SELECT day, place, at FROM attempts WHERE day < ? ORDER BY day, place, at LIMIT ?)
            """, in: db
        ).run { values in
            values.add(day)
            values.add(limit)
        }
    }

    static func removeTallies(before stretch: Int64, in db: Database) throws {
        try PreparedStatement("DELETE FROM tallies WHERE stretch < ?", in: db).run { $0.add(stretch) }
    }

    static func surplus(over keep: Int, after place: Place?, limit: Int, in db: Database) throws -> Surplus {
        let first = place?.rawValue ?? -1
        let users = try PreparedStatement("SELECT place FROM schedule WHERE place > ? ORDER BY place LIMIT ?", in: db)
        var last: Int64?
        var found = 0
        try users.each { values in
            values.add(first)
            values.add(limit)
        } _: { row in
            last = row.integer(0)
            found += 1
        }
        guard let last else { return Surplus(last: nil, isEnd: true, places: []) }
        let count = try PreparedStatement(
            "SELECT place, count(*) FROM attempts WHERE day = ? AND place > ? AND place <= ? GROUP BY place", in: db)
        let reader = try HistoryReader(db)
        var counts: [Int64: Int] = [:]
        var bound = Int64.max
        while let day = try reader.day(before: bound) {
            try count.each { values in
                values.add(day)
                values.add(first)
                values.add(last)
            } _: { row in
                counts[try DamagedStore.required(row.integer(0), "place"), default: 0] += Int(row.integer(1) ?? 0)
            }
            bound = day
        }
        let places = counts.filter { $0.value > keep }.keys.sorted().compactMap(Place.init(rawValue:))
        return Surplus(last: Place(rawValue: last), isEnd: found < limit, places: places)
    }

    /// Removes up to `limit` of a user's oldest attempts beyond `keep`; returns whether those were all.
    static func remove(
        at place: Place, beyond keep: Int, limit: Int, in db: Database
    ) throws -> (removed: Int, isAll: Bool) {
        let count = try PreparedStatement("SELECT count(*) FROM attempts WHERE day = ? AND place = ?", in: db)
        let reader = try HistoryReader(db)
        var days: [(day: Int64, count: Int)] = []
        var bound = Int64.max
        while let day = try reader.day(before: bound) {
            let attempts = try count.first {
                $0.add(day)
                $0.add(place)
            } _: {
                $0.integer(0) ?? 0
            }
            if let attempts, attempts > 0 { days.append((day, Int(attempts))) }
            bound = day
        }
        let delete = try PreparedStatement(
            """
            DELETE FROM attempts WHERE day = ?1 AND place = ?2 AND at IN (
                SELECT at FROM attempts WHERE day = ?1 AND place = ?2 ORDER BY at LIMIT ?3)
            """, in: db)
        let surplus = max(0, days.reduce(0) { $0 + $1.count } - keep)
        let wanted = min(surplus, limit)
        var removed = 0
        for (day, count) in days.reversed() where removed < wanted {
            removed += try delete.run { values in
                values.add(day)
                values.add(place)
                values.add(min(count, wanted - removed))
            }
        }
        return (removed, removed == surplus)
    }

    /// Removes the whole history of these users.
    static func remove(at places: [Place], in db: Database) throws {
        let delete = try PreparedStatement("DELETE FROM attempts WHERE day = ? AND place = ?", in: db)
        let reader = try HistoryReader(db)
        var bound = Int64.max
        while let day = try reader.day(before: bound) {
            for place in places {
                try delete.run {
                    $0.add(day)
                    $0.add(place)
                }
            }
            bound = day
        }
    }

    /// Moves a user's whole history to another place.
    static func move(from old: Place, to new: Place, in db: Database) throws {
        let move = try PreparedStatement("UPDATE attempts SET place = ? WHERE day = ? AND place = ?", in: db)
        let reader = try HistoryReader(db)
        var bound = Int64.max
        while let day = try reader.day(before: bound) {
            try move.run {
                $0.add(new)
                $0.add(day)
                $0.add(old)
            }
            bound = day
        }
    }
}
