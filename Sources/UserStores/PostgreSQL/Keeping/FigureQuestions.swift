package import RefreshCore

/// The figures counted over all users, each as a query and the decoding of its answer.
enum FigureQuestions {
    static func census(now: Timestamp) -> [Statement] {
        let leased = PostgreSQLUserStore.leased
        return [
            Statement("SELECT coalesce(sum(users), 0)::int8 FROM bankrefreshd.groups"),
            Statement(
                """
                SELECT state, park_reason, count(*) FROM bankrefreshd.schedule WHERE state > 0
                GROUP BY state, park_reason
                """),
            Statement("SELECT count(*) FROM \(leased) l"),
            Statement(
                """
                SELECT count(*) FROM bankrefreshd.schedule WHERE due <= $1
                    AND place NOT IN \(leased)
                """, .int8(now)),
            Statement(
                """
                SELECT due FROM bankrefreshd.schedule WHERE due IS NOT NULL AND place NOT IN \(leased)
                ORDER BY due, place LIMIT 1
                """),
        ]
    }

    static func census(_ answers: [Rows]) throws -> Census {
        var census = Census()
        census.users = answers[0].number
        var usual = census.users
        for row in answers[1] {
            let (kind, users) = (try UserState.Kind(storeCode: row.integer(0)), Int(row.integer(2) ?? 0))
            census.byState[kind, default: 0] += users
            usual -= users
            if kind == .parked { census.byParkReason[try ParkReason(storeCode: row.integer(1))] = users }
        }
        if usual > 0 { census.byState[.scheduled] = usual }
        census.leased = answers[2].number
        census.overdue = answers[3].number
        census.oldestDue = answers[4].first?.moment(0)
        return census
    }

    static func tallies(since: Timestamp) -> Statement {
        Statement(
            "SELECT stretch, outcome, attempts FROM bankrefreshd.tallies WHERE stretch >= $1 ORDER BY stretch",
            .int8(AttemptTally.bucket(of: since)))
    }

    static func tallies(_ answer: Rows) throws -> [AttemptTally] {
        try answer.reduce(into: []) { tallies, row in try tallies.add(row) }
    }

    static let groups = Statement(
        "SELECT name, users FROM bankrefreshd.groups WHERE users > 0 AND name <> '' ORDER BY users DESC, name")

    /// One scan counts all four horizons.
    static func expiry(now: Timestamp) -> Statement {
        Statement(
            """
            SELECT count(*) FILTER (WHERE token_expires_at <= $1), count(*) FILTER (WHERE token_expires_at <= $2),
                count(*) FILTER (WHERE token_expires_at <= $3), count(*)
            FROM bankrefreshd.users WHERE token_expires_at <= $4
            """, .int8(now), .int8(now.advanced(by: .days(1))), .int8(now.advanced(by: .days(7))),
            .int8(now.advanced(by: .days(30))))
    }

    static func expiry(_ answer: Rows) -> FleetSnapshot.Expiry {
        func count(_ column: Int) -> Int { Int(answer.first?.integer(column) ?? 0) }
        return FleetSnapshot.Expiry(
            expired: count(0), withinDay: count(1), withinWeek: count(2), withinMonth: count(3))
    }
}

extension PostgreSQLUserStore {
    /// Uses a connection of its own, so that neither a long list nor a hanging server delays the person who looks.
    package func figures(now: Timestamp, withExpiry: Bool) async throws(StoreProblem) -> StoreFigures? {
        let census = FigureQuestions.census(now: now)
        let questions =
            census + [FigureQuestions.tallies(since: now.advanced(by: .zero - .days(1))), FigureQuestions.groups]
            + (withExpiry ? [FigureQuestions.expiry(now: now)] : [])
        return try await perform(.figures) { session in
            guard let answers = try session.readInTime(questions, limits: .figures) else { return nil }
            let count = census.count
            return StoreFigures(
                census: try FigureQuestions.census(Array(answers[..<count])),
                expiry: withExpiry ? FigureQuestions.expiry(answers[count + 2]) : nil,
                tallies: try FigureQuestions.tallies(answers[count]),
                groups: try answers[count + 1].map { try GroupSize($0) })
        }
    }
}
