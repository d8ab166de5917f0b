import GRDB
import RefreshCore

/// Adds attempts to the histories of their users, and to the fleet's tallies.
///
/// Those of a batch are written in the order of their keys, many with one statement: it costs a third of one by one.
struct HistoryWriter {
    private static let rowsAtOnce = 50

    private let db: Database

    init(_ db: Database) {
        self.db = db
    }

    func write(_ attempts: [(place: Place, record: AttemptRecord)]) throws {
        let sorted = attempts.sorted {
            ($0.record.startedAt.day, $0.place, $0.record.startedAt)
                < ($1.record.startedAt.day, $1.place, $1.record.startedAt)
        }
        var rest = sorted[...]
        if rest.count >= Self.rowsAtOnce {
            let many = try PreparedStatement(Self.insertMany, in: db)
            while rest.count >= Self.rowsAtOnce {
                let batch = rest.prefix(Self.rowsAtOnce)
                rest = rest.dropFirst(batch.count)
                if try !insert(batch, by: many) { try insertEach(batch) }
            }
        }
        try insertEach(rest)
        try count(sorted.map(\.record))
    }

    /// False, and nothing written, when one of them begins in the same millisecond as another of its user.
    private func insert(
        _ batch: ArraySlice<(place: Place, record: AttemptRecord)>, by many: PreparedStatement
    ) throws -> Bool {
        do {
            try many.run { values in
                for (place, record) in batch { HistoryRow.add(record, at: place, to: &values) }
            }
            return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            return false
        }
    }

    private func insertEach(_ batch: ArraySlice<(place: Place, record: AttemptRecord)>) throws {
        guard !batch.isEmpty else { return }
        let one = try PreparedStatement(Self.insertOne, in: db)
        for (place, attempt) in batch {
            var record = attempt
            while try one.run({ HistoryRow.add(record, at: place, to: &$0) }) == 0 {
                let next = record.startedAt.advanced(by: .milliseconds(1))
                // At the end of time there is no next one.
                guard next > record.startedAt, next < .distantFuture else { break }
                record.startedAt = next
            }
        }
    }

    private func count(_ records: [AttemptRecord]) throws {
        guard !records.isEmpty else { return }
        let tally = try PreparedStatement(Self.addToTally, in: db)
        var counts: [Stretch: Int] = [:]
        for record in records {
            counts[
                Stretch(number: AttemptTally.stretch(of: record.startedAt), outcome: record.outcome), default: 0] += 1
        }
        for (stretch, count) in counts {
            try tally.run { values in
                values.add(stretch.number)
                values.add(stretch.outcome.storeCode)
                values.add(count)
            }
        }
    }

    private struct Stretch: Hashable {
        let number: Int64
        let outcome: OutcomeKind
    }

    private static let marks = "(" + Array(repeating: "?", count: HistoryRow.valueCount).joined(separator: ", ") + ")"

    private static let insertMany =
        "INSERT INTO attempts (day, place, \(HistoryRow.columns)) VALUES "
        + Array(repeating: marks, count: rowsAtOnce).joined(separator: ", ")

    private static let insertOne = "INSERT OR IGNORE INTO attempts (day, place, \(HistoryRow.columns)) VALUES \(marks)"

    private static let addToTally = """
        INSERT INTO tallies (stretch, outcome, attempts) VALUES (?, ?, ?)
        ON CONFLICT (stretch, outcome) DO UPDATE SET attempts = attempts + excluded.attempts
        """
}
