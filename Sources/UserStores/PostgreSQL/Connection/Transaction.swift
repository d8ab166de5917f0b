/// How long a transaction may wait at the server, and how its statements are planned.
enum TransactionLimits {
    /// Claims and settlements: short, and planned as they were measured.
    case queue
    /// Lists, and what looks at all users.
    case patient
    /// Operators' changes of some users, who are found by an index. The planner would rather read the whole table for each
    /// few thousands of them, and more so the fewer it takes the table to have.
    case named
    /// What members tell each other, which has to be early or not at all.
    case heartbeat
    /// What is counted of all users for who waits to see it.
    case figures

    /// In force within one transaction: a pooler may give the session to others afterwards.
    ///
    /// The path holds only what the server has itself, so that no role's setting puts other functions before them. A
    /// frozen reader frees its locks after `tcp_user_timeout`. Between two statements of one round trip no time limit of the
    /// server counts: who is cut off there would keep its locks for hours, and is found out by the keepalives. Sorting and
    /// bitmaps are what a claim turns to where the statistics mislead, and both read everybody who is due.
    var statement: Statement {
        var settings = [
            ("search_path", "pg_catalog"), ("synchronous_commit", "on"), ("jit", "off"), ("tcp_user_timeout", "5000"),
            ("tcp_keepalives_idle", "5"), ("tcp_keepalives_interval", "2"), ("tcp_keepalives_count", "3"),
        ]
        switch self {
        case .queue:
            settings += [
                ("statement_timeout", "5s"), ("lock_timeout", "2s"), ("idle_in_transaction_session_timeout", "5s"),
                ("enable_bitmapscan", "off"), ("enable_sort", "off"), ("work_mem", "64MB"),
            ]
        case .patient, .named:
            settings += [
                ("statement_timeout", "60s"), ("lock_timeout", "10s"), ("idle_in_transaction_session_timeout", "30s"),
                ("work_mem", "64MB"),
            ]
            if self == .named {
                settings += [("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off")]
            }
        case .figures:
            settings += [
                ("statement_timeout", "4s"), ("lock_timeout", "2s"), ("idle_in_transaction_session_timeout", "5s"),
                ("work_mem", "64MB"),
            ]
        case .heartbeat:
            settings += [
                ("statement_timeout", "3s"), ("lock_timeout", "2s"), ("idle_in_transaction_session_timeout", "5s"),
            ]
        }
        return Statement(
            "SELECT " + settings.map { "set_config('\($0.0)', '\($0.1)', true)" }.joined(separator: ", "))
    }

    var patience: Duration {
        switch self {
        case .queue: .seconds(6)
        case .patient, .named: .seconds(90)
        case .heartbeat: .seconds(4)
        case .figures: .seconds(5)
        }
    }
}

extension Session {
    // The level is said each time: under another, which a role or a database may have as its default, two daemons would
    // lease the same users.
    private static let beginWriting = Statement("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    private static let beginReading = Statement("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
    private static let commit = Statement("COMMIT")

    /// One transaction in one round trip; returns what came of its statements.
    func write(_ statements: [Statement], limits: TransactionLimits) throws(PostgreSQLError) -> [Rows] {
        let rows = try run([Self.beginWriting, limits.statement] + statements + [Self.commit])
        return Array(rows[2..<(2 + statements.count)])
    }

    /// A transaction and one that reads what came of it, both in one round trip.
    ///
    /// The second has limits of its own: those of the first ended with it, the path included.
    func write(
        _ statements: [Statement], limits: TransactionLimits, thenRead query: Statement
    ) throws(PostgreSQLError) -> (written: [Rows], read: Rows) {
        let rows = try run(
            [Self.beginWriting, limits.statement] + statements + [Self.commit, Self.beginReading, limits.statement]
                + [query, Self.commit])
        return (Array(rows[2..<(2 + statements.count)]), rows[rows.count - 2])
    }

    func read(_ statements: [Statement], limits: TransactionLimits) throws(PostgreSQLError) -> [Rows] {
        let rows = try run([Self.beginReading, limits.statement] + statements + [Self.commit])
        return Array(rows[2..<(2 + statements.count)])
    }

    /// As `read`; nil where the server answers, but does not do it in time: that it is there it says first.
    func readInTime(_ statements: [Statement], limits: TransactionLimits) throws(PostgreSQLError) -> [Rows]? {
        _ = try run([Self.beginReading, limits.statement])
        do throws(PostgreSQLError) {
            return Array(try run(statements + [Self.commit]).dropLast())
        } catch {
            guard error.isOfTime else { throw error }
            rollBack()
            return nil
        }
    }

    /// One transaction of several round trips.
    func transaction<Value>(limits: TransactionLimits, _ body: () throws -> Value) throws -> Value {
        _ = try run([Self.beginWriting, limits.statement])
        let value = try body()
        _ = try run([Self.commit])
        return value
    }
}
