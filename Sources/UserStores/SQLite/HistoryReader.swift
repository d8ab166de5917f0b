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
            "SELECT \(HistoryRow.columns) FROM attempts WHERE day = ? AND place = ? ORDER BY at DESC", in: db)
    }

    static func place(of id: UserID, in db: Database) throws -> Place? {
        try PreparedStatement("SELECT place FROM users WHERE id = ?", in: db).first {
            $0.add(id.rawValue)
        } _: {
            $0.integer(0).flatMap(Place.init(rawValue:))
        } ?? nil
    }

    /// The latest day before `day` that has an attempt of any user.
    func day(before day: Int64) throws -> Int64? {
        try latestDay.first({ $0.add(day) }, { $0.integer(0) }) ?? nil
    }

    /// All attempts at each of these places, newest first.
    ///
    /// Reads day by day. It is fastest with places in order, because the attempts of neighbours lie on the same pages.
    func attempts(at places: ArraySlice<Place>) throws -> [[AttemptRecord]] {
        var histories = [[AttemptRecord]](repeating: [], count: places.count)
        var bound = Int64.max
        while let day = try day(before: bound) {
            for (index, place) in places.enumerated() { try append(to: &histories[index], at: place, day: day) }
            bound = day
        }
        return histories
    }

    private func append(to attempts: inout [AttemptRecord], at place: Place, day: Int64) throws {
        try ofDay.each {
            $0.add(day)
            $0.add(place)
        } _: {
            attempts.append(try HistoryRow.record($0, day: day))
        }
    }

    func attempts(at place: Place, before: Timestamp?, limit: Int) throws -> [AttemptRecord] {
        let statement = try PreparedStatement(
            """
            SELECT \(HistoryRow.columns) FROM attempts WHERE day = ? AND place = ? AND at < ? ORDER BY at DESC LIMIT ?
            """, in: db)
        var found: [AttemptRecord] = []
        var bound = before.map { $0.day + 1 } ?? .max
        while found.count < limit, let day = try day(before: bound) {
            found += try statement.all { values in
                values.add(day)
                values.add(place)
                values.add(before.map { $0.milliseconds(inDay: day) } ?? .max)
                values.add(limit - found.count)
            } _: {
                try HistoryRow.record($0, day: day)
            }
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
            try statement.each { values in
                values.add(day)
                values.add(place)
                values.add(since.milliseconds(inDay: day))
            } _: { row in
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
        try statement.each {
            $0.add(AttemptTally.bucket(of: since))
        } _: { row in
            let from = AttemptTally.start(ofBucket: try DamagedStore.required(row.integer(0), "stretch"))
            if tallies.last?.from != from { tallies.append(AttemptTally(from: from, counts: [:])) }
            tallies[tallies.count - 1].counts[try OutcomeKind(storeCode: row.integer(1))] = Int(row.integer(2) ?? 0)
        }
        return tallies
    }
}

/// One attempt as a row of the store.
enum HistoryRow {
    /// The columns after day and place, in the order in which `add` binds them and `record` reads them.
    static let columns = "at, duration, outcome, status, origin, number, reason"
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

    /// Binds day, place and `columns`.
    static func add(_ record: AttemptRecord, at key: Key, to values: inout PreparedStatement.Values) {
        values.add(key.day)
        values.add(key.place)
        values.add(key.milliseconds)
        values.add(record.durationMilliseconds)
        values.add(record.outcome.storeCode)
        values.add(record.httpStatus)
        values.add(record.originCode)
        values.add(record.number)
        values.add(record.reason)
    }

    static func record(_ row: PreparedStatement.Columns, day: Int64) throws -> AttemptRecord {
        AttemptRecord(
            startedAt: Timestamp.startOfDay(day).advanced(
                by: .milliseconds(try DamagedStore.required(row.integer(0), "at"))),
            durationMilliseconds: try DamagedStore.required(row.integer(1), "duration"),
            originCode: try DamagedStore.required(row.integer(4), "origin"),
            outcome: try OutcomeKind(storeCode: row.integer(2)), httpStatus: row.integer(3), reason: row.text(6),
            number: try DamagedStore.required(row.integer(5), "number"))
    }
}
