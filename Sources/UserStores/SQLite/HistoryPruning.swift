import GRDB
import RefreshCore

/// Finds attempts beyond the bounds of the history, and removes them in small batches.
enum HistoryPruning {
    /// Those of up to `limit` users after a place that have more than `keep` attempts, and where to continue.
    struct Surplus {
        let places: [Place]
        let next: PruningStep.Next
    }

    static func isAnything(before day: Int64, in db: Database) throws -> Bool {
        try PreparedStatement("SELECT 1 FROM attempts WHERE day < ? LIMIT 1", in: db).first(day) { _ in true }
            ?? false
    }

    /// Removes up to `limit` attempts, oldest first: whole days lie together.
    static func remove(before day: Int64, limit: Int, in db: Database) throws -> Int {
        try PreparedStatement(
            """
            DELETE FROM attempts WHERE (day, place, at) IN (
                SELECT day, place, at FROM attempts WHERE day < ? ORDER BY day, place, at LIMIT ?)
            """, in: db
        ).run(day, limit)
    }

    static func removeTallies(before stretch: Int64, in db: Database) throws {
        try PreparedStatement("DELETE FROM tallies WHERE stretch < ?", in: db).run(stretch)
    }

    static func surplus(over keep: Int, after place: Place?, limit: Int, in db: Database) throws -> Surplus {
        let first = place?.rawValue ?? -1
        let users = try PreparedStatement("SELECT place FROM schedule WHERE place > ? ORDER BY place LIMIT ?", in: db)
        var last = first
        let next = try users.page(after: place, limit: limit) { last = try $0.required(0, "place") }
        guard last > first else { return Surplus(places: [], next: .done) }
        let count = try PreparedStatement(
            "SELECT place, count(*) FROM attempts WHERE day = ? AND place > ? AND place <= ? GROUP BY place", in: db)
        var counts: [Int64: Int] = [:]
        for day in try HistoryReader(db).days() {
            try count.each(day, first, last) { row in
                counts[try row.required(0, "place"), default: 0] += Int(row.integer(1) ?? 0)
            }
        }
        let places = counts.filter { $0.value > keep }.keys.sorted().compactMap(Place.init(rawValue:))
        return Surplus(places: places, next: next.map(PruningStep.Next.after) ?? .done)
    }

    /// Removes up to `limit` of a user's oldest attempts beyond `keep`; returns whether those were all.
    static func remove(
        at place: Place, beyond keep: Int, limit: Int, in db: Database
    ) throws -> (removed: Int, isAll: Bool) {
        let count = try PreparedStatement("SELECT count(*) FROM attempts WHERE day = ? AND place = ?", in: db)
        var days: [(day: Int64, count: Int)] = []
        for day in try HistoryReader(db).days() {
            let attempts = try count.number(day, place)
            if attempts > 0 { days.append((day, attempts)) }
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
            removed += try delete.run(day, place, min(count, wanted - removed))
        }
        return (removed, removed == surplus)
    }

    /// Removes the whole history of these users.
    static func remove(at places: [Place], in db: Database) throws {
        let delete = try PreparedStatement("DELETE FROM attempts WHERE day = ? AND place = ?", in: db)
        for day in try HistoryReader(db).days() {
            for place in places {
                try delete.run(day, place)
            }
        }
    }

    /// Moves a user's whole history to another place.
    static func move(from old: Place, to new: Place, in db: Database) throws {
        let move = try PreparedStatement("UPDATE attempts SET place = ? WHERE day = ? AND place = ?", in: db)
        for day in try HistoryReader(db).days() {
            try move.run(new, day, old)
        }
    }
}
