import GRDB
import RefreshCore

/// Reads attempts day by day: a user's attempts lie beside its neighbours' of the same day, not beside each other.
struct HistoryReader {
    private let db: Database
    private let latestDay: PreparedStatement
    private let ofDay: PreparedStatement

    init(_ db: Database) throws {
        self.db = db
        latestDay = try PreparedStatement("SELECT max(day) FROM attempts WHERE day < ?", in: db)
        ofDay = try PreparedStatement(
            "SELECT \(AttemptRecord.columns) FROM attempts WHERE day = ? AND place = ? ORDER BY at DESC", in: db)
    }

    static func place(of id: UserID, in db: Database) throws -> Place? {
        try PreparedStatement("SELECT place FROM users WHERE id = ?", in: db).first(id.rawValue) {
            try $0.place(0)
        }
    }

    /// The latest day before `day` that has an attempt of any user.
    func day(before day: Int64) throws -> Int64? {
        try latestDay.first(day) { $0.integer(0) } ?? nil
    }

    /// The days that have an attempt of any user, the latest first.
    func days() throws -> [Int64] {
        var days: [Int64] = []
        while let day = try day(before: days.last ?? .max) { days.append(day) }
        return days
    }

    /// All attempts at each of these places, newest first.
    ///
    /// Reads day by day. It is fastest with places in order, because the attempts of neighbours lie on the same pages.
    func attempts(at places: ArraySlice<Place>) throws -> [[AttemptRecord]] {
        var histories = [[AttemptRecord]](repeating: [], count: places.count)
        for day in try days() {
            for (index, place) in places.enumerated() {
                try ofDay.each(day, place) {
                    histories[index].append(try AttemptRecord($0, day: day))
                }
            }
        }
        return histories
    }

    func attempts(at place: Place, before: Timestamp?, limit: Int) throws -> [AttemptRecord] {
        let statement = try PreparedStatement(
            """
            SELECT \(AttemptRecord.columns) FROM attempts WHERE day = ? AND place = ? AND at < ?
            ORDER BY at DESC LIMIT ?
            """, in: db)
        var found: [AttemptRecord] = []
        var bound = before.map { $0.day + 1 } ?? .max
        while found.count < limit, let day = try day(before: bound) {
            let end = before.map { $0.milliseconds(inDay: day) } ?? .max
            found += try statement.all(day, place, end, limit - found.count) { try AttemptRecord($0, day: day) }
            bound = day
        }
        return found
    }

    func counts(at place: Place, since: Timestamp) throws -> HistoryCounts {
        let statement = try PreparedStatement(
            """
            SELECT outcome, count(*), min(at) FROM attempts WHERE day = ? AND place = ? AND at >= ? GROUP BY outcome
            """, in: db)
        var counts = HistoryCounts()
        var bound = Int64.max
        while let day = try day(before: bound), day >= since.day {
            try statement.each(day, place, since.milliseconds(inDay: day)) { row in
                counts.byOutcome[try OutcomeKind(storeCode: row.integer(0)), default: 0] += Int(row.integer(1) ?? 0)
                let first = Timestamp.startOfDay(day).advanced(by: .milliseconds(row.integer(2) ?? 0))
                counts.oldest = min(counts.oldest ?? first, first)
            }
            bound = day
        }
        return counts
    }

    func tallies(since: Timestamp) throws -> [AttemptTally] {
        let statement = try PreparedStatement(
            "SELECT stretch, outcome, attempts FROM tallies WHERE stretch >= ? ORDER BY stretch", in: db)
        var tallies: [AttemptTally] = []
        try statement.each(AttemptTally.bucket(of: since)) { row in
            try tallies.add(row)
        }
        return tallies
    }
}

/// One attempt as a row of the store.
enum HistoryRow {
    static let valueCount = 9

    /// The key of an attempt's row; rows are written fastest in the order of their keys.
    struct Key: Comparable {
        let day: Int64
        let place: Place
        let milliseconds: Int64

        init(_ record: AttemptRecord, at place: Place) {
            day = record.startedAt.day
            self.place = place
            milliseconds = record.startedAt.milliseconds(inDay: day)
        }

        static func < (one: Key, other: Key) -> Bool {
            (one.day, one.place, one.milliseconds) < (other.day, other.place, other.milliseconds)
        }
    }

    /// Binds day, place and `AttemptRecord.columns`.
    static func add(_ record: AttemptRecord, at key: Key, to values: inout PreparedStatement.Values) {
        values.add(key.day, key.place, key.milliseconds, record.durationMilliseconds, record.outcome.storeCode)
        values.add(record.httpStatus, record.originCode, record.number, record.reason)
    }
}
