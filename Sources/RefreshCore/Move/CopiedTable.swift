/// The tables that every store on disk has, with the same columns; a copy consists of their rows.
///
/// Everything else belongs to one store alone: leases, fleet members, and counts that follow from the rows.
package enum CopiedTable: String, CaseIterable, Sendable, Codable {
    // In copying order: a user's schedule comes before the rows that refer to it.
    case schedule, users, reasons, attempts, tallies

    package struct Column: Sendable {
        package enum Kind: String, Sendable {
            case int8, int4, int2, text, bytes
        }

        package let name: String
        package let kind: Kind

        fileprivate init(_ name: String, _ kind: Kind) {
            self.name = name
            self.kind = kind
        }

        fileprivate static func all(_ kind: Kind, _ names: String...) -> [Column] { names.map { Column($0, kind) } }
    }

    /// The columns; those of the key come first.
    package var columns: [Column] {
        switch self {
        case .schedule: Self.scheduleColumns
        case .users: Self.userColumns
        case .reasons: Self.reasonColumns
        case .attempts: Self.attemptColumns
        case .tallies: Self.tallyColumns
        }
    }

    /// How many of the columns are the key.
    package var keyCount: Int {
        switch self {
        case .schedule, .users, .reasons: 1
        case .attempts: 3
        case .tallies: 2
        }
    }

    package var columnNames: String { columns.map(\.name).joined(separator: ", ") }

    package var keyNames: String { columns.prefix(keyCount).map(\.name).joined(separator: ", ") }

    /// How many rows are read, held and written at a time.
    package var rowsAtOnce: Int {
        switch self {
        case .schedule, .reasons, .attempts, .tallies: 50_000
        // A token may take some KB.
        case .users: 20_000
        }
    }

    /// The index of the column with the time that a user's minimum interval counts from.
    static let reachedAt = scheduleColumns.firstIndex { $0.name == "reached_at" }

    private static let scheduleColumns =
        Column.all(
            .int8, "place", "due", "slot", "reached_at", "last_success", "failing_since", "attempted_at", "since",
            "refused_until", "revision", "failures", "outage_tries", "outage_waits", "attempts_today", "refused_turns")
        + Column.all(.int4, "day")
        + Column.all(.int2, "state", "park_reason", "attempt_outcome", "attempt_status", "refused_status")

    private static let userColumns =
        Column.all(
            .int8, "place", "token_version", "token_expires_at", "token_issued_at", "renew_at", "renewal_failures")
        + Column.all(.text, "id", "group_name") + Column.all(.bytes, "token", "refresh_token")

    private static let reasonColumns = Column.all(.int8, "place") + Column.all(.text, "text")

    private static let attemptColumns =
        Column.all(.int4, "day") + Column.all(.int8, "place") + Column.all(.int4, "at", "duration", "number")
        + Column.all(.int2, "outcome", "status", "origin") + Column.all(.text, "reason")

    private static let tallyColumns =
        Column.all(.int8, "stretch") + Column.all(.int2, "outcome") + Column.all(.int8, "attempts")
}
