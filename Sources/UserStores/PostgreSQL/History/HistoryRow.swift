import RefreshCore
import Synchronization

/// One attempt as a row; `at` and `duration` are in milliseconds, and `at` counts from the start of the day.
enum HistoryRow {
    /// The columns of an attempt within a settlement; all NULL if the settlement has no attempt.
    static let columns: [NumberColumn<AttemptRecord?>] = [
        NumberColumn("a_day", .int4) { $0?.startedAt.day },
        NumberColumn("a_at", .int4) { $0?.startedAt.milliseconds(inDay: $0?.startedAt.day ?? 0) },
        NumberColumn("a_duration", .int4) { $0?.durationMilliseconds },
        NumberColumn("a_number", .int4) { ($0?.number).map(Int64.init) },
        NumberColumn("a_outcome", .int2) { $0?.outcome.storeCode },
        NumberColumn("a_status", .int2) { $0?.httpStatus.map(Int64.init) },
        NumberColumn("a_origin", .int2) { $0?.originCode },
        NumberColumn("a_stretch") { attempt in attempt.map { AttemptTally.bucket(of: $0.startedAt) } },
    ]

    enum Insertion {
        /// At the given moments; refused if a user has an attempt in the same millisecond.
        case asTold
        /// If a millisecond is taken, the later attempt moves to the next free one.
        ///
        /// `days` are the days of the attempts, passed again so that the other partitions are skipped.
        case atFreeMoments(days: String)
    }

    /// Adds the attempts of `written`.
    static func insert(_ insertion: Insertion) -> String {
        func isTaken(_ at: String, _ days: String) -> String {
            """
            EXISTS (SELECT FROM bankrefreshd.attempts a WHERE a.day = ANY (\(days)::int4[]) AND a.day = w.a_day
                AND a.place = w.place AND a.at = \(at))
            """
        }
        let (at, conflict) =
            switch insertion {
            case .asTold: ("w.a_at", "")
            case .atFreeMoments(let days):
                (
                    """
                    CASE WHEN \(isTaken("w.a_at", days)) THEN (
                        SELECT n.at FROM (SELECT generate_series(w.a_at + 1, w.a_at + 100000) AS at) n
                        WHERE NOT \(isTaken("n.at", days)) LIMIT 1) ELSE w.a_at END
                    """, "ON CONFLICT DO NOTHING"
                )
            }
        return """
            INSERT INTO bankrefreshd.attempts (place, day, at, duration, number, outcome, status, origin, reason)
            SELECT w.place, w.a_day, \(at), w.a_duration, w.a_number, w.a_outcome, w.a_status, w.a_origin, w.a_reason
            FROM written w WHERE w.a_day IS NOT NULL \(conflict)
            """
    }

    /// Adds the attempts of `written` to the tallies of all users.
    static let count = """
        INSERT INTO bankrefreshd.tallies AS t (stretch, outcome, attempts)
        SELECT a_stretch, a_outcome, count(*) FROM written WHERE a_day IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2
        ON CONFLICT (stretch, outcome) DO UPDATE SET attempts = t.attempts + excluded.attempts
        """
}

/// The partitions of `attempts`, one per day, so that old days are dropped whole.
enum HistoryPartitions {
    static func name(_ day: Int32) -> String {
        day < 0 ? "bankrefreshd.attempts_before_\(day.magnitude)" : "bankrefreshd.attempts_\(day)"
    }

    /// Settlements queue behind whoever waits for the lock on all of `attempts`, so give up before they do, after 2 s.
    ///
    /// An autovacuum gives way after `deadlock_timeout`, one second.
    private static let givingUpEarly = Statement("SET LOCAL lock_timeout = '1200ms'")

    /// Creates the missing partitions of these days; only one daemon at a time does.
    ///
    /// If it `canWait`, it fails soon while anybody reads or writes the table.
    static func create(_ days: Set<Int32>, canWait: Bool = false, _ session: Session) throws(PostgreSQLError) {
        guard !days.isEmpty else { return }
        let creations = days.sorted().map { day in
            Statement(
                """
                CREATE TABLE IF NOT EXISTS \(name(day)) PARTITION OF bankrefreshd.attempts
                FOR VALUES FROM (\(day)) TO (\(Int64(day) + 1))
                """)
        }
        _ = try session.write(
            (canWait ? [givingUpEarly] : [])
                + [Statement("LOCK TABLE bankrefreshd.attempts IN SHARE UPDATE EXCLUSIVE MODE")] + creations,
            limits: .patient)
    }

    /// Taken from the names.
    fileprivate static let select = Statement(
        """
        SELECT CASE WHEN c.relname LIKE '%before%' THEN -right(c.relname, -16)::int4 ELSE right(c.relname, -9)::int4 END
        FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'bankrefreshd.attempts'::regclass ORDER BY 1
        """)

    /// Removes a day; returns how many attempts it had.
    ///
    /// They are counted before the lock, which must be short. Fails soon while anybody reads or writes the table.
    static func drop(_ day: Int32, _ session: Session) throws(PostgreSQLError) -> Int {
        let count = Statement("SELECT count(*) FROM bankrefreshd.attempts WHERE day = $1", .int4(day))
        let rows = try session.read([count], limits: .patient)
        _ = try session.write(
            [
                givingUpEarly, Statement("LOCK TABLE bankrefreshd.attempts IN ACCESS EXCLUSIVE MODE"),
                Statement("DROP TABLE IF EXISTS \(name(day))"),
            ], limits: .patient)
        return rows[0].number
    }
}

extension PostgreSQLUserStore {
    /// The days that have a partition, in order.
    func partitionedDays() async throws(StoreProblem) -> [Int32] {
        try await read(HistoryPartitions.select) { rows in
            try rows.map { Int32(clamping: try $0.required(0, "day")) }
        }
    }

    func ensurePartitions(_ days: Set<Int32>, canWait: Bool = false) async throws(StoreProblem) {
        let missing = self.days.withLock { days.subtracting($0) }
        guard !missing.isEmpty else { return }
        try await perform(canWait ? .patient : .queue) { session in
            try HistoryPartitions.create(missing, canWait: canWait, session)
        }
        self.days.withLock { $0.formUnion(missing) }
    }
}
