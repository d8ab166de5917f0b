import RefreshCore

/// One attempt as its row in the store holds it.
enum HistoryRow {
    /// What `add` gives and `record` reads after day and place, in its order.
    static let columns = "at, duration, outcome, status, origin, number, reason"
    static let valueCount = 9

    private static let manual: Int64 = 1
    private static let forced: Int64 = 2
    static let millisecondsPerDay: Int64 = 86_400_000

    /// Milliseconds since midnight, UTC; rounded up; of a moment in another day 0 or those of a whole day.
    static func milliseconds(of moment: Timestamp, inDay day: Int64) -> Int64 {
        let microseconds = Timestamp.startOfDay(day).duration(to: moment).wholeMicroseconds
        let milliseconds = microseconds / 1_000 + (microseconds % 1_000 > 0 ? 1 : 0)
        return min(max(0, milliseconds), millisecondsPerDay)
    }

    /// Gives day, place and `columns`.
    static func add(_ record: AttemptRecord, at place: Place, to values: inout PreparedStatement.Values) {
        let day = record.startedAt.day
        values.add(day)
        values.add(place)
        values.add(milliseconds(of: record.startedAt, inDay: day))
        values.add(record.duration.wholeMicroseconds / 1_000)
        values.add(record.outcome.storeCode)
        values.add(record.httpStatus)
        values.add((record.trigger == .manual ? manual : 0) | (record.isForced ? forced : 0))
        values.add(record.number)
        values.add(record.reason)
    }

    static func record(_ row: PreparedStatement.Columns, day: Int64) throws -> AttemptRecord {
        let origin = try UserRow.required(row.integer(4), "origin")
        let at = Duration.milliseconds(try UserRow.required(row.integer(0), "at"))
        return AttemptRecord(
            startedAt: Timestamp.startOfDay(day).advanced(by: at),
            duration: .milliseconds(try UserRow.required(row.integer(1), "duration")),
            trigger: origin & manual == 0 ? .schedule : .manual, isForced: origin & forced != 0,
            outcome: try OutcomeKind(storeCode: row.integer(2)), httpStatus: row.integer(3).map(Int.init(_:)),
            reason: row.text(6), number: Int(try UserRow.required(row.integer(5), "number")))
    }
}
