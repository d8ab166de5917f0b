import FoundationEssentials
import GRDB
package import RefreshCore

extension SQLiteUserStore {
    package func survey(_ question: FleetSurvey.Question) async throws(StoreProblem) -> FleetSurvey? {
        var survey = FleetSurvey(question)
        var place: Place?
        repeat {
            // A daemon that is told to stop does not wait for the rest.
            if Task.isCancelled { return nil }
            // Each batch is a separate read, so that neither a connection nor the log is held for long.
            (survey, place) = try await read { [survey, place] db in
                var counted = survey
                let last = try SurveyReader.count(in: &counted, after: place, for: question, in: db)
                return (counted, last)
            }
        } while place != nil
        return survey
    }

    package func refusalCount(parkedSince: Timestamp) async throws(StoreProblem) -> RefusalCount {
        try await read { db in
            let refused = try PreparedStatement(
                """
                SELECT count(*) FROM schedule INDEXED BY schedule_refused
                WHERE refused_status IS NOT NULL AND (state IN (?, ?) OR state = ? AND park_reason = ? AND since >= ?)
                """, in: db
            ).number(
                UserState.Kind.scheduled.storeCode, UserState.Kind.backingOff.storeCode,
                UserState.Kind.parked.storeCode, ParkReason.refused.storeCode, parkedSince)
            let users = Int(try DamagedStore.required(Meta.integer(.users, in: db), "number of users"))
            return RefusalCount(refused: refused, users: users)
        }
    }

    package func tokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        try await read { db in
            try PreparedStatement(
                "SELECT count(*) FROM users WHERE token_expires_at > ? AND token_expires_at <= ?", in: db
            ).number(after, until)
        }
    }

    package func unrenewedTokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        try await read { db in
            try PreparedStatement(
                """
                SELECT count(*) FROM users JOIN schedule USING (place)
                WHERE token_expires_at > ? AND token_expires_at <= ? AND renew_at IS NULL AND state <> ?
                """, in: db
            ).number(after, until, UserState.Kind.parked.storeCode)
        }
    }

    package func raisedAlerts() async throws(StoreProblem) -> [Alert] {
        try await read { db in
            guard let stored = try Meta.blob(.raisedAlerts, in: db) else { return [] }
            // Alerts that cannot be decoded are dropped: an alert that still holds is raised again.
            return (try? JSONDecoder().decode([Alert].self, from: Data(stored))) ?? []
        }
    }

    package func setRaisedAlerts(_ alerts: [Alert]) async throws(StoreProblem) {
        try await write { db in
            if alerts.isEmpty { return try Meta.remove(.raisedAlerts, in: db) }
            try Meta.set(.raisedAlerts, to: try JSONEncoder().encode(alerts), in: db)
        }
    }
}

/// Counts how users fare, some thousands of neighbouring places per batch.
enum SurveyReader {
    /// Counts the users after a place; returns the place to continue from, nil at the end.
    static func count(
        in survey: inout FleetSurvey, after place: Place?, for question: FleetSurvey.Question, in db: Database
    ) throws -> Place? {
        // Group names lie among the tokens; they are not read if all groups have the same turns.
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
        return try statement.page(after: place, limit: DueReader.rowsAtOnce) { row in
            survey.add(
                try UserState.Kind(storeCode: row.integer(1)), group: row.text(5).flatMap(GroupName.init),
                outcome: try row.integer(2).map { try OutcomeKind(storeCode: $0) }, attemptedAt: row.moment(3),
                since: row.moment(4), for: question)
        }
    }
}
