import GRDB
import RefreshCore

/// Counts users by when they fall due, some thousands of neighbouring places at a time.
enum DueReader {
    /// Read in one go: some ten milliseconds, after which others get the connection.
    static let rowsAtOnce = 20_000

    /// Counts the users after a place; returns where to go on, nil at the end.
    static func count(
        in histogram: inout DueHistogram, after place: Place?, groups: Set<GroupName>, in db: Database
    ) throws -> Place? {
        // Names lie among the tokens: left unread where nobody asks for them.
        let statement = try PreparedStatement(
            groups.isEmpty
                ? """
                SELECT place, due, state, lease_id IS NULL, NULL
                FROM schedule WHERE place > ? ORDER BY place LIMIT ?
                """
                : """
                SELECT s.place, s.due, s.state, s.lease_id IS NULL, u.group_name
                FROM schedule s CROSS JOIN users u ON u.place = s.place WHERE s.place > ? ORDER BY s.place LIMIT ?
                """,
            in: db
        )
        var last: Int64?
        var rows = 0
        try statement.each {
            $0.add(place?.rawValue ?? -1)
            $0.add(rowsAtOnce)
        } _: { row in
            rows += 1
            last = row.integer(0)
            let group = row.text(4).flatMap(GroupName.init)
            histogram.add(
                of: group.flatMap { groups.contains($0) ? $0 : nil }, in: try UserState.Kind(storeCode: row.integer(2)),
                due: row.moment(1), isFree: row.integer(3) == 1)
        }
        return rows == rowsAtOnce ? last.flatMap(Place.init(rawValue:)) : nil
    }
}
