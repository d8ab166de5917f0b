import Dispatch
import RefreshCore

/// What the store is compared with: a queue of jobs in PostgreSQL, in two ways.
///
/// A lease updates each row, found with SKIP LOCKED by an index; a settlement updates each row again, if it is leased
/// still, and adds one to a history. The rows and the arrays in binary are the store's own. It keeps no tallies and no
/// texts of failures.
struct RowLeases: Sendable {
    /// By the name of its schema.
    enum Way: String, CaseIterable {
        /// With all that helps the store as well: an index without the leased, the fill of the pages, a vacuum without
        /// breaks, columns in which all have the same as constants, guards against the planner, one statement.
        case tuned = "rows"
        /// As engines write it, River's driver for pgx for one: the stage of a job leads the index, a settlement locks its
        /// rows before it updates them, the history has a statement of its own, the table has the server's defaults.
        case common = "jobs"

        fileprivate var tableOptions: String {
            switch self {
            case .tuned:
                "WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0)"
            case .common: ""
            }
        }

        fileprivate var dueIndex: String {
            switch self {
            case .tuned: "(due, place) WHERE \(isFree)"
            case .common: "(stage, due, place)"
            }
        }

        fileprivate var isFree: String {
            switch self {
            case .tuned: "due IS NOT NULL AND lease IS NULL"
            case .common: "stage = 0"
            }
        }

        fileprivate var lock: String {
            switch self {
            case .tuned: "NO KEY UPDATE"
            case .common: "UPDATE"
            }
        }
    }

    let way: Way
    let socket: String
    let database: String
    let now: Timestamp

    private static let batch = 500
    private static let columns = [
        "due", "state", "park_reason", "since", "slot", "failures", "outage_tries", "outage_waits", "reached_at", "day",
        "attempts_today", "last_success", "failing_since", "attempted_at", "attempt_outcome", "attempt_status",
        "refused_status", "refused_turns", "refused_until",
    ]

    private var today: Int64 { now.day }

    /// Makes the tables from what the store holds.
    func prepare() throws {
        let connection = try connect()
        defer { connection.close() }
        for sql in [
            "CREATE SCHEMA \(schema)",
            """
            CREATE TABLE \(schema).jobs (
                LIKE bankrefreshd.schedule INCLUDING DEFAULTS, lease int8, leased_until int8, stage int2)
            \(way.tableOptions)
            """,
            "INSERT INTO \(schema).jobs SELECT *, NULL, NULL, 0 FROM bankrefreshd.schedule ORDER BY place",
            "ALTER TABLE \(schema).jobs ADD PRIMARY KEY (place)",
            "CREATE INDEX jobs_by_due ON \(schema).jobs \(way.dueIndex)",
            // By which those are found whose worker is lost.
            "CREATE INDEX jobs_leased ON \(schema).jobs (leased_until) WHERE leased_until IS NOT NULL",
            "CREATE INDEX jobs_unusual ON \(schema).jobs (state, park_reason) WHERE state > 0",
            "CREATE INDEX jobs_refused ON \(schema).jobs (state, park_reason, since) WHERE refused_status IS NOT NULL",
            """
            CREATE TABLE \(schema).attempts (LIKE bankrefreshd.attempts, PRIMARY KEY (place, at, day))
            PARTITION BY RANGE (day)
            """,
            """
            CREATE TABLE \(schema).attempts_today PARTITION OF \(schema).attempts
            FOR VALUES FROM (\(today)) TO (\(today + 1))
            """,
            "ANALYZE \(schema).jobs, bankrefreshd.schedule, bankrefreshd.users",
        ] { _ = try connection.run(sql, []) }
    }

    private var schema: String { way.rawValue }

    func connect() throws -> PlainConnection {
        let connection = try PlainConnection(socket: socket, database: database)
        // As the store sets them for its claims and changes.
        for setting in ["enable_hashjoin", "enable_mergejoin", "enable_seqscan", "jit"] where way == .tuned {
            _ = try connection.run("SET \(setting) = off", [])
        }
        return connection
    }

    /// By as many claimers as there are connections, which stay open.
    func drain(_ users: Int, connections: [PlainConnection]) async throws -> Work {
        let left = Countdown(users)
        let tasks = connections.map { connection in
            Task { try await Self.onOwnThread { try drain(left, connection) } }
        }
        var sum = Work(users: 0)
        for task in tasks { sum.add(try await task.value) }
        return sum
    }

    private static func onOwnThread<Value: Sendable>(
        _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            DispatchQueue(label: "rows").async { continuation.resume(with: Result { try body() }) }
        }
    }

    private func drain(_ left: Countdown, _ connection: PlainConnection) throws -> Work {
        var work = Work(users: 0)
        while left.take(Self.batch) {
            let lease = Int64.random(in: 1 ... .max)
            let began = ContinuousClock.now
            let rows = try connection.run(claim, [.int8(now.microsecondsSinceEpoch), .int8(lease)])
            work.claims.append(inSeconds(began.duration(to: .now)))
            guard !rows.isEmpty else { break }
            work.users += try settle(rows, under: lease, connection)
        }
        return work
    }

    private var claim: String {
        """
        WITH d AS MATERIALIZED (
            SELECT place FROM \(schema).jobs WHERE due <= $1::int8 AND \(way.isFree)
            ORDER BY due, place LIMIT \(Self.batch) FOR \(way.lock) SKIP LOCKED)
        UPDATE \(schema).jobs j SET lease = $2::int8, leased_until = $1::int8 + 240000000, stage = 1
        FROM d JOIN bankrefreshd.users u ON u.place = d.place WHERE j.place = d.place
        RETURNING j.place, \(Self.columns.map { "j.\($0)" }.joined(separator: ", ")),
            j.revision, u.id, u.group_name, u.token_version, u.token_expires_at, u.token_issued_at, u.renew_at,
            u.renewal_failures, u.token, u.refresh_token
        """
    }

    /// Returns how many were leased still.
    private func settle(_ rows: [[[UInt8]?]], under lease: Int64, _ connection: PlainConnection) throws -> Int {
        let (update, parameters) = settlement(rows, under: lease)
        let day = PlainParameter(bytes: PlainParameter.bytes(of: Int32(clamping: today)))
        switch way {
        case .tuned:
            let sql = "WITH settled AS (\(update)) \(history(of: "settled", day: parameters.count + 1)) RETURNING place"
            return try connection.run(sql, parameters + [day]).count
        case .common:
            _ = try connection.run("BEGIN", [])
            let settled = try connection.run(update, parameters)
            let arrays = [0, 1].map { column in PlainParameter.array(settled.map { $0[column] }, type: 20) }
            let given = "unnest($1::int8[], $2::int8[]) AS a(place, attempted_at)"
            _ = try connection.run(history(of: given, day: 3), arrays + [day])
            _ = try connection.run("COMMIT", [])
            return settled.count
        }
    }

    private func history(of settled: String, day: Int) -> String {
        """
        INSERT INTO \(schema).attempts (place, day, at, duration, number, outcome, status, origin)
        SELECT place, $\(day)::int4, ((attempted_at / 1000) % 86400000)::int4, 1000, 1, 0, 200, 0 FROM \(settled)
        """
    }

    /// An update that returns the place and the moment of each.
    ///
    /// Tuned, a column in which all have the same is a constant, as the store writes it.
    private func settlement(_ rows: [[[UInt8]?]], under lease: Int64) -> (sql: String, [PlainParameter]) {
        var parameters = [PlainParameter.int8(lease), .array(rows.map { $0[0] }, type: 20)]
        var (arrays, names, constants) = (["$2::int8[]"], ["place"], [String]())
        for (index, column) in Self.columns.enumerated() {
            let values = values(of: column, rows.map { $0[index + 1] })
            let type = Self.type(of: column)
            if way == .tuned, let first = values.first, values.allSatisfy({ $0 == first }) {
                if let first { parameters.append(PlainParameter(bytes: first)) }
                constants.append("\(first == nil ? "NULL" : "$\(parameters.count)")::\(type.name) AS \(column)")
            } else {
                parameters.append(.array(values, type: type.id))
                arrays.append("$\(parameters.count)::\(type.name)[]")
                names.append(column)
            }
        }
        let given = """
            (SELECT \((["a.*"] + constants).joined(separator: ", "))
            FROM unnest(\(arrays.joined(separator: ", "))) AS a(\(names.joined(separator: ", "))))
            """
        let update = """
            UPDATE \(schema).jobs j SET \(Self.columns.map { "\($0) = u.\($0)" }.joined(separator: ", ")),
                revision = j.revision + 1, lease = NULL, leased_until = NULL, stage = 0
            """
        let sql =
            switch way {
            case .tuned: "\(update) FROM \(given) AS u WHERE j.lease = $1::int8 AND"
            case .common:
                """
                WITH given AS \(given),
                locked AS (
                    SELECT given.* FROM \(schema).jobs JOIN given ON jobs.place = given.place
                    WHERE jobs.stage = 1 AND jobs.lease = $1::int8 FOR UPDATE OF jobs)
                \(update) FROM locked AS u WHERE
                """
            }
        return ("\(sql) j.place = u.place RETURNING u.place, u.attempted_at", parameters)
    }

    private static func type(of column: String) -> (name: String, id: Int32) {
        switch column {
        case "day": ("int4", 23)
        case "state", "park_reason", "attempt_outcome", "attempt_status", "refused_status": ("int2", 21)
        default: ("int8", 20)
        }
    }

    /// What users have in a column after a success.
    private func values(of column: String, _ stored: [[UInt8]?]) -> [[UInt8]?] {
        let value: [UInt8]
        switch column {
        case "due":
            return stored.map { $0.map { PlainParameter.bytes(of: PlainParameter.int8($0) + 86_400_000_000) } }
        case "reached_at", "last_success", "attempted_at":
            return stored.indices.map { PlainParameter.bytes(of: moment(of: $0).microsecondsSinceEpoch) }
        case "attempts_today": value = PlainParameter.bytes(of: Int64(1))
        case "day": value = PlainParameter.bytes(of: Int32(clamping: today))
        case "attempt_status": value = PlainParameter.bytes(of: Int16(200))
        case "attempt_outcome": value = PlainParameter.bytes(of: Int16(0))
        default: return stored
        }
        return stored.map { _ in value }
    }

    private func moment(of index: Int) -> Timestamp { now.advanced(by: .milliseconds(index)) }
}
