import RefreshCore

/// One attempt as its row in the store holds it.
enum HistoryRow {
    /// What `add` gives and `record` reads after day and place, in its order.
    static let columns = "at, duration, outcome, status, origin, number, reason"
    static let valueCount = 9

    private static let manual: Int64 = 1
    private static let forced: Int64 = 2
    static let millisecondsPerDay: Int64 = 86_400_000

    /// Milliseconds since midnight, UTC, rounded up; of a moment in another day 0 or those of a whole day.
    static func milliseconds(of moment: Timestamp, inDay day: Int64) -> Int64 {
        guard moment.day == day else { return moment.day < day ? 0 : millisecondsPerDay }
        return (moment.microsecondsSinceEpoch - Timestamp.startOfDay(day).microsecondsSinceEpoch + 999) / 1_000
    }

    /// Where an attempt's row lies; rows are written fastest in this order.
    struct Key: Comparable {
        let day: Int64
        let place: Place
        let milliseconds: Int64

        init(_ record: AttemptRecord, at place: Place) {
            day = record.startedAt.day
            self.place = place
            milliseconds = HistoryRow.milliseconds(of: record.startedAt, inDay: day)
        }

        static func < (one: Key, other: Key) -> Bool {
            (one.day, one.place, one.milliseconds) < (other.day, other.place, other.milliseconds)
        }
    }

    /// Gives day, place and `columns`.
    static func add(_ record: AttemptRecord, at key: Key, to values: inout PreparedStatement.Values) {
        values.add(key.day)
        values.add(key.place)
        values.add(key.milliseconds)
        values.add(record.durationMilliseconds)
        values.add(record.outcome.storeCode)
        values.add(record.httpStatus)
        values.add((record.trigger == .manual ? manual : 0) | (record.isForced ? forced : 0))
        values.add(record.number)
        values.add(record.reason)
    }

    static func record(_ row: PreparedStatement.Columns, day: Int64) throws -> AttemptRecord {
        let origin = try UserRow.required(row.integer(4), "origin")
        let at = Duration.milliseconds(try UserRow.required(row.integer(0), "at"))
        var record = AttemptRecord(
            startedAt: Timestamp.startOfDay(day).advanced(by: at),
            duration: .milliseconds(try UserRow.required(row.integer(1), "duration")),
            trigger: origin & manual == 0 ? .schedule : .manual,
            outcome: try OutcomeKind(storeCode: row.integer(2)), httpStatus: row.integer(3).map(Int.init(_:)),
            reason: row.text(6), number: Int(try UserRow.required(row.integer(5), "number")))
        record.isForced = origin & forced != 0
        return record
    }
}
