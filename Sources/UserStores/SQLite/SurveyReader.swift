import GRDB
import RefreshCore

/// Counts how users fare, some thousands of neighbouring places at a time.
enum SurveyReader {
    /// Counts the users after a place; returns where to go on, nil at the end.
    static func count(
        in survey: inout FleetSurvey, after place: Place?, for question: FleetSurvey.Question, in db: Database
    ) throws -> Place? {
        // Names of groups lie among the tokens: left unread where all groups have the same turns.
        let statement = try PreparedStatement(
            question.staleBeforeByGroup.isEmpty
                ? """
                SELECT place, state, attempt_outcome, attempted_at, coalesce(last_success, failing_since), NULL
                FROM schedule WHERE place > ? ORDER BY place LIMIT ?
                """
                : """
                SELECT s.place, s.state, s.attempt_outcome, s.attempted_at,
                    coalesce(s.last_success, s.failing_since), u.group_name
                FROM schedule s CROSS JOIN users u ON u.place = s.place WHERE s.place > ? ORDER BY s.place LIMIT ?
                """,
            in: db
        )
        var last: Int64?
        var rows = 0
        try statement.each {
            $0.add(place?.rawValue ?? -1)
            $0.add(DueReader.rowsAtOnce)
        } _: { row in
            rows += 1
            last = row.integer(0)
            survey.add(
                try UserState.Kind(storeCode: row.integer(1)), group: row.text(5).flatMap(GroupName.init),
                outcome: try row.integer(2).map { try OutcomeKind(storeCode: $0) }, attemptedAt: row.moment(3),
                since: row.moment(4), for: question)
        }
        return rows == DueReader.rowsAtOnce ? last.flatMap(Place.init(rawValue:)) : nil
    }
}
