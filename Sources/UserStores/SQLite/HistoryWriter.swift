import GRDB
import RefreshCore

/// Adds attempts to the histories of their users and to the fleet's tallies.
///
/// A batch is written in the order of the keys, many rows per statement: it costs little more than half as much as row
/// by row.
struct HistoryWriter {
    private static let rowsAtOnce = 20

    private let db: Database

    init(_ db: Database) {
        self.db = db
    }

    func write(_ attempts: [(place: Place, record: AttemptRecord)]) throws {
        // Sort the keys alone, because a record holds a string.
        let sorted = attempts.indices.map {
            (key: HistoryRow.Key(attempts[$0].record, at: attempts[$0].place), index: $0)
        }
        .sorted { $0.key < $1.key }.map { Entry(key: $0.key, record: attempts[$0.index].record) }
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
        try count(sorted)
    }

    private struct Entry {
        let key: HistoryRow.Key
        let record: AttemptRecord
    }

    /// Returns false and writes nothing if two attempts of a user begin in the same millisecond.
    private func insert(_ batch: ArraySlice<Entry>, by many: PreparedStatement) throws -> Bool {
        do {
            try many.run { values in
                for entry in batch { HistoryRow.add(entry.record, at: entry.key, to: &values) }
            }
            return true
        } catch let error as DatabaseError where error.resultCode == .SQLITE_CONSTRAINT {
            return false
        }
    }

    private func insertEach(_ batch: ArraySlice<Entry>) throws {
        guard !batch.isEmpty else { return }
        let one = try PreparedStatement(Self.insertOne, in: db)
        for entry in batch {
            var record = entry.record
            var key = entry.key
            while try one.run(binding: { HistoryRow.add(record, at: key, to: &$0) }) == 0 {
                let next = record.startedAt.advanced(by: .milliseconds(1))
                // At the end of time there is no next one.
                guard next > record.startedAt, next < .distantFuture else { break }
                record.startedAt = next
                key = HistoryRow.Key(record, at: key.place)
            }
        }
    }

    private func count(_ entries: [Entry]) throws {
        var counts: [Bucket: Int] = [:]
        var last: (bucket: Bucket, count: Int)?
        for entry in entries {
            let number = AttemptTally.bucket(of: entry.record.startedAt)
            let bucket = Bucket(number: number, outcome: entry.record.outcome)
            // Neighbours mostly fall due together and mostly have the same outcome.
            if let same = last, same.bucket == bucket {
                last = (bucket, same.count + 1)
            } else {
                if let last { counts[last.bucket, default: 0] += last.count }
                last = (bucket, 1)
            }
        }
        guard let last else { return }
        counts[last.bucket, default: 0] += last.count
        let tally = try PreparedStatement(Self.addToTally, in: db)
        for (bucket, count) in counts {
            try tally.run(bucket.number, bucket.outcome.storeCode, count)
        }
    }

    private struct Bucket: Hashable {
        let number: Int64
        let outcome: OutcomeKind
    }

    private static let marks = "(" + Array(repeating: "?", count: HistoryRow.valueCount).joined(separator: ", ") + ")"

    private static let insertMany =
        "INSERT INTO attempts (day, place, \(AttemptRecord.columns)) VALUES "
        + Array(repeating: marks, count: rowsAtOnce).joined(separator: ", ")

    private static let insertOne =
        "INSERT OR IGNORE INTO attempts (day, place, \(AttemptRecord.columns)) VALUES \(marks)"

    private static let addToTally = """
        INSERT INTO tallies (stretch, outcome, attempts) VALUES (?, ?, ?)
        ON CONFLICT (stretch, outcome) DO UPDATE SET attempts = attempts + excluded.attempts
        """
}
