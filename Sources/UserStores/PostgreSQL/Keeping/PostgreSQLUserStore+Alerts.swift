package import RefreshCore

extension PostgreSQLUserStore {
    /// Reads some thousands of neighbouring places per batch, so that other work gets the connection.
    package func survey(_ question: FleetSurvey.Question) async throws(StoreProblem) -> FleetSurvey? {
        var survey = FleetSurvey(question)
        var place: Int64? = -1
        while let first = place {
            // A daemon that is told to stop does not wait for the rest.
            if Task.isCancelled { return nil }
            let statement = Statement(
                """
                SELECT s.place, s.state, s.attempt_outcome, s.attempted_at, coalesce(s.last_success, s.failing_since),
                    u.group_name
                FROM bankrefreshd.schedule s JOIN bankrefreshd.users u ON u.place = s.place
                WHERE s.place > $1 ORDER BY s.place LIMIT $2
                """, .int8(first), .int8(Self.usersAtOnce))
            (survey, place) = try await read(statement) { [survey] rows in
                var counted = survey
                for row in rows {
                    counted.add(
                        try UserState.Kind(storeCode: row.integer(1)), group: row.text(5).flatMap(GroupName.init),
                        outcome: try row.integer(2).map { try OutcomeKind(storeCode: $0) }, attemptedAt: row.moment(3),
                        since: row.moment(4), for: question)
                }
                return (counted, rows.count < Self.usersAtOnce ? nil : rows.last?.integer(0))
            }
        }
        return survey
    }

    private static let usersAtOnce = 20_000

    package func refusalCount(parkedSince: Timestamp) async throws(StoreProblem) -> RefusalCount {
        let statement = Statement(
            """
            SELECT (SELECT count(*) FROM bankrefreshd.schedule WHERE refused_status IS NOT NULL
                    AND (state IN ($1, $2) OR state = $3 AND park_reason = $4 AND since >= $5)),
                (SELECT coalesce(sum(users), 0)::int8 FROM bankrefreshd.groups)
            """, .code(UserState.Kind.scheduled), .code(UserState.Kind.backingOff), .code(UserState.Kind.parked),
            .code(ParkReason.refused), .int8(parkedSince))
        return try await read(statement) { rows in
            RefusalCount(refused: rows.number, users: Int(rows.first?.integer(1) ?? 0))
        }
    }

    package func tokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        let statement = Statement(
            "SELECT count(*) FROM bankrefreshd.users WHERE token_expires_at > $1 AND token_expires_at <= $2",
            .int8(after), .int8(until))
        return try await read(statement) { $0.number }
    }

    package func unrenewedTokensExpiring(after: Timestamp, until: Timestamp) async throws(StoreProblem) -> Int {
        let statement = Statement(
            """
            SELECT count(*) FROM bankrefreshd.users u JOIN bankrefreshd.schedule s ON s.place = u.place
            WHERE u.token_expires_at > $1 AND u.token_expires_at <= $2 AND u.renew_at IS NULL AND s.state <> $3
            """, .int8(after), .int8(until), .code(UserState.Kind.parked))
        return try await read(statement) { $0.number }
    }

    package func raisedAlerts() async throws(StoreProblem) -> [Alert] {
        try await read(Meta.select(.raisedAlerts)) { rows in
            // Alerts that cannot be decoded are dropped: an alert that still holds is raised again.
            (try? rows.metaJSON([Alert].self)) ?? []
        }
    }

    package func setRaisedAlerts(_ alerts: [Alert]) async throws(StoreProblem) {
        try await change(by: [
            alerts.isEmpty ? Meta.remove(.raisedAlerts) : try Meta.set(.raisedAlerts, toJSON: alerts)
        ])
    }
}
