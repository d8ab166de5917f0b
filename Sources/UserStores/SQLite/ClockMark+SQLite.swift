import FoundationEssentials
import GRDB
import RefreshCore

/// Kept as JSON, and the moment beside it once more, in the row that older versions write.
extension ClockMark {
    private struct Row: Codable {
        var wall: Int64
        var sinceBoot: Int64
        var boot: String?
        var longestGap: Int64
        var isMoving: Bool
    }

    /// A version that knows no marks may have worked with the store since: then only the moment is true.
    init?(in db: Database) throws {
        guard let lastSeen = try Meta.integer(.lastSeen, in: db) else { return nil }
        let row = try Meta.text(.clockMark, in: db).flatMap { try? JSONDecoder().decode(Row.self, from: Data($0.utf8)) }
        let isCurrent = row?.wall == lastSeen
        self.init(
            reading: ClockReading(
                wall: Timestamp(microsecondsSinceEpoch: lastSeen), sinceBoot: .microseconds(row?.sinceBoot ?? 0)),
            boot: isCurrent ? row?.boot.flatMap { BootID($0) } : nil,
            longestGap: .microseconds(row?.longestGap ?? 0),
            isMoving: isCurrent && row?.isMoving ?? false)
    }

    func write(in db: Database) throws {
        let wall = reading.wall.microsecondsSinceEpoch
        let row = Row(
            wall: wall, sinceBoot: reading.sinceBoot.wholeMicroseconds, boot: boot?.description,
            longestGap: longestGap.wholeMicroseconds, isMoving: isMoving)
        try Meta.set(.clockMark, to: String(decoding: try JSONEncoder().encode(row), as: UTF8.self), in: db)
        try Meta.set(.lastSeen, to: wall, in: db)
    }
}
