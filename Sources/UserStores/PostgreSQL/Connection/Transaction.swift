/// How long a transaction may wait at the server, and how its statements are planned.
enum TransactionLimits {
    /// Claims and settlements: short, and planned as they were measured.
    case queue
    /// Lists, and whatever reads all users.
    case patient
    /// Operators' changes of some users, found by an index.
    ///
    /// For a few thousand of them the planner would otherwise read the whole table, all the more so the smaller it
    /// estimates the table to be.
    case named
    /// Rewrites and marks, planned as `named`, that the scheduler waits for: it feeds the watchdog only in between.
    case scheduler
    /// Messages between members, which must arrive early or not at all.
    case heartbeat
    /// Figures over all users, for a person who waits for them.
    case figures

    /// The settings of one transaction only, since a pooler may give the session to others afterwards.
    ///
    /// The search path contains only the server's own schema, so that no role's setting can put other functions first.
    /// A frozen client loses its locks after `tcp_user_timeout`. No time limit of the server applies between two
    /// statements of one round trip: a client that is cut off there would keep its locks for hours, but the keepalives
    /// detect it. With misleading statistics, a claim falls back to sorts and bitmap scans, which read all due users;
    /// `queue` turns both off.
    var statement: Statement {
        let (statement, lock, idle) =
            switch self {
            case .queue: ("5s", "2s", "5s")
            case .patient, .named: ("60s", "10s", "30s")
            case .scheduler: ("8s", "8s", "5s")
            case .heartbeat: ("3s", "2s", "5s")
            case .figures: ("4s", "2s", "5s")
            }
        var settings = [
            ("search_path", "pg_catalog"), ("synchronous_commit", "on"), ("jit", "off"), ("tcp_user_timeout", "5000"),
            ("tcp_keepalives_idle", "5"), ("tcp_keepalives_interval", "2"), ("tcp_keepalives_count", "3"),
            ("statement_timeout", statement), ("lock_timeout", lock), ("idle_in_transaction_session_timeout", idle),
        ]
        if self != .heartbeat { settings.append(("work_mem", "64MB")) }
        if self == .queue { settings += [("enable_bitmapscan", "off"), ("enable_sort", "off")] }
        if self == .named || self == .scheduler {
            settings += [("enable_seqscan", "off"), ("enable_hashjoin", "off"), ("enable_mergejoin", "off")]
        }
        return Statement(
            "SELECT " + settings.map { "set_config('\($0.0)', '\($0.1)', true)" }.joined(separator: ", "))
    }

    var patience: Duration {
        switch self {
        case .scheduler: .seconds(10)
        case .queue: .seconds(6)
        case .patient, .named: .seconds(90)
        case .heartbeat: .seconds(4)
        case .figures: .seconds(5)
        }
    }
}

extension Session {
    // The isolation level is always explicit: under another level, which may be the default of a role or a database,
    // two daemons would lease the same users.
    private static let beginWriting = Statement("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    private static let beginReading = Statement("BEGIN ISOLATION LEVEL READ COMMITTED READ ONLY")
    private static let commit = Statement("COMMIT")

    /// Runs one transaction in one round trip; returns the results of its statements.
    func write(_ statements: [Statement], limits: TransactionLimits) throws(PostgreSQLError) -> [Rows] {
        let rows = try run([Self.beginWriting, limits.statement] + statements + [Self.commit])
        return Array(rows[2..<(2 + statements.count)])
    }

    /// Runs a transaction and one that reads its outcome, both in one round trip.
    ///
    /// The second sets its own limits: those of the first, the search path included, end with it.
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

    /// As `read`; returns nil if the server answers at all, but is too slow with these statements.
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

    /// Runs one transaction of several round trips.
    func transaction<Value>(limits: TransactionLimits, _ body: () throws -> Value) throws -> Value {
        _ = try run([Self.beginWriting, limits.statement])
        let value = try body()
        _ = try run([Self.commit])
        return value
    }
}
