import Foundation
import RefreshCore
import TestSupport
import Testing

@testable import PostgreSQLStore

extension ConnectionSettings {
    /// The server of the tests, by its socket.
    static func tests(database: String = "postgres", server: PostgreSQLServer? = nil) throws -> ConnectionSettings {
        ConnectionSettings(
            hosts: [
                Host(name: try (server ?? PostgreSQLServer.shared.get()).directory, port: PostgreSQLServer.port)
            ],
            database: database, user: PostgreSQLServer.administrator)
    }
}

/// What goes over a connection, how it fails, and what of the environment it obeys: nothing.
@Suite struct PostgreSQLConnectionTests {
    private static func connection() throws -> PostgreSQLConnection {
        PostgreSQLConnection(try .tests(), label: "test")
    }

    private static let patience = Duration.seconds(20)

    private static func text(_ sql: String, on connection: PostgreSQLConnection) async throws -> String? {
        try await connection.perform(until: .now + patience) { session in
            try session.run([Statement(sql)])[0].first?.text(0)
        }
    }

    @Test func `values and arrays come back as they were sent, NULL and what is empty too`() async throws {
        try await Self.connection().perform(until: .now + Self.patience) { session in
            let numbers: [Int64?] = [.min, nil, -1, 0, .max]
            let texts = ["", "é\u{301} 'quoted' \\ 🏦", nil]
            let bytes: [[UInt8]?] = [[], nil, [0, 255, 0]]
            let single = try session.run([
                Statement(
                    "SELECT $1::int8, $2::int4, $3::int2, $4::text, $5::bytea, $6::int8, $7::text, $8::bytea",
                    .int8(.min), .int4(-5), .int2(.max), .text("x"), .bytea([]), .int8(Int64?.none), .text(""),
                    .bytea(nil)),
                Statement("SELECT unnest($1::int8[])", .int8s(numbers)),
                Statement("SELECT unnest($1::text[])", .texts(texts)),
                Statement("SELECT unnest($1::bytea[])", .byteas(bytes)),
                Statement("SELECT unnest($1::int2[]), unnest($2::int4[])", .int2s([1, nil]), .int4s([nil, -2])),
                Statement("SELECT cardinality($1::int8[])", .int8s([Int64?]())),
            ])
            let row = try #require(single[0].first)
            #expect(row.integer(0) == .min && row.integer(1) == -5 && row.integer(2) == Int64(Int16.max))
            #expect(row.text(3) == "x" && row.bytes(4) == [] && row.integer(5) == nil)
            #expect(row.text(6) == "" && row.bytes(7) == nil)
            #expect(single[1].map { $0.integer(0) } == numbers)
            #expect(single[2].map { $0.text(0) } == texts)
            #expect(single[3].map { $0.bytes(0) } == bytes)
            #expect(single[4].map { $0.integer(0) } == [1, nil] && single[4].map { $0.integer(1) } == [nil, -2])
            #expect(single[5].first?.integer(0) == 0)
        }
    }

    @Test func `of several hosts the one that answers is named`() async throws {
        var settings = try ConnectionSettings.tests()
        settings.hosts.insert(.init(name: "/nonexistent"), at: 0)
        let connection = PostgreSQLConnection(settings, label: "test")
        let server = try await connection.perform(until: .now + Self.patience) { $0.server }
        #expect(server == "\(settings.hosts[1].description)/postgres")
        await connection.close()
    }

    @Test func `a statement that fails undoes its transaction, and the connection goes on`() async throws {
        let connection = try Self.connection()
        let process = try await connection.perform(until: .now + Self.patience) { session in
            _ = try session.run([Statement("CREATE TEMPORARY TABLE seen (id text PRIMARY KEY, secret text)")])
            return session.processID
        }
        let problem = await #expect(throws: PostgreSQLError.self) {
            try await connection.perform(until: .now + Self.patience) { session in
                _ = try session.run([
                    Statement("BEGIN"), Statement("INSERT INTO seen VALUES ('a key', 'a secret')"),
                    Statement("INSERT INTO seen VALUES ('a key', 'a secret')"), Statement("DELETE FROM seen"),
                    Statement("COMMIT"),
                ])
            }
        }
        guard case .refused(.uniqueViolation, let message) = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
        // DETAIL would quote the row.
        #expect(message.contains("seen_pkey") && !message.contains("a key"))
        let (count, same) = try await connection.perform(until: .now + Self.patience) { session in
            (try session.run([Statement("SELECT count(*) FROM seen")])[0].first?.integer(0), session.processID)
        }
        #expect(count == 0)
        #expect(same == process)
    }

    @Test func `a transaction that is left open is not lent to the next`() async throws {
        let connection = try Self.connection()
        _ = try await connection.perform(until: .now + Self.patience) { session in
            _ = try session.run([Statement("BEGIN"), Statement("CREATE TABLE left_open (a int)")])
        }
        let table = try await Self.text("SELECT to_regclass('left_open')::text", on: connection)
        #expect(table == nil)
    }

    @Test func `a server that does not answer in time is left, and the next call connects anew`() async throws {
        let connection = try Self.connection()
        let process = try await connection.perform(until: .now + Self.patience) { $0.processID }
        await #expect(throws: PostgreSQLError.deadlinePassed) {
            try await connection.perform(until: .now + .milliseconds(300)) { session in
                _ = try session.run([Statement("SELECT pg_sleep(60)")])
            }
        }
        let other = try await connection.perform(until: .now + Self.patience) { $0.processID }
        #expect(other != process)
        _ = try await Self.text("SELECT pg_terminate_backend(\(process))::text", on: connection)
    }

    @Test func `COPY takes rows in binary, and says what is wrong with one`() async throws {
        try await Self.connection().perform(until: .now + Self.patience) { session in
            _ = try session.run([Statement("CREATE TEMPORARY TABLE copied (place int8, token bytea)")])
            let taken = try session.copy("COPY copied FROM STDIN (FORMAT binary)", 0..<5_000) { number, rows in
                rows.begin(fields: 2)
                rows.add(Int64(number))
                rows.add(number % 2 == 0 ? nil : [UInt8](repeating: 7, count: 88))
            }
            #expect(taken == 5_000)
            let sums = try session.run([Statement("SELECT sum(place)::int8, count(token) FROM copied")])[0].first
            #expect(sums?.integer(0) == 4_999 * 2_500 && sums?.integer(1) == 2_500)
            for sql in ["COPY copied FROM STDIN (FORMAT binary)", "COPY nowhere FROM STDIN (FORMAT binary)"] {
                let problem = #expect(throws: PostgreSQLError.self) {
                    try session.copy(sql, 0..<1) { _, rows in
                        rows.begin(fields: 2)
                        rows.add(1, .int2)
                        rows.add([UInt8]?.none)
                    }
                }
                guard case .refused? = problem else {
                    Issue.record("\(String(describing: problem))")
                    continue
                }
            }
            #expect(session.isIdle)
        }
    }

    @Test func `however many connections wait for the server, Swift's threads are free`() async throws {
        let waiting = ProcessInfo.processInfo.activeProcessorCount * 2 + 2
        let holder = try Self.connection()
        _ = try await Self.text("SELECT pg_advisory_lock(4711)::text", on: holder)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<waiting {
                group.addTask {
                    let connection = try Self.connection()
                    _ = try await Self.text("SELECT pg_advisory_xact_lock(4711)::text", on: connection)
                }
            }
            // All of them wait, and this goes on.
            var blocked = "0"
            while blocked != String(waiting) {
                blocked =
                    try await Self.text(
                        "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND NOT granted", on: holder)
                    ?? ""
            }
            _ = try await Self.text("SELECT pg_advisory_unlock(4711)::text", on: holder)
            try await group.waitForAll()
        }
    }

    // MARK: Connecting

    @Test func `a wrong password is told by its SQLSTATE, and no password is ever printed`() async throws {
        let administrator = try Self.connection()
        let role = PostgreSQLServer.guarded
        _ = try await Self.text("SELECT set_config('password_encryption', 'scram-sha-256', false)", on: administrator)
        try await administrator.perform(until: .now + Self.patience) { session in
            _ = try session.run([Statement("CREATE ROLE \(role) LOGIN PASSWORD 'right ''word'' \\ é'")])
        }
        var settings = try ConnectionSettings.tests()
        settings.user = role
        settings.password = Secret("right 'word' \\ é".utf8)
        let user = try await Self.text("SELECT user::text", on: PostgreSQLConnection(settings, label: "test"))
        #expect(user == role)
        settings.password = Secret("wrong word".utf8)
        let connection = PostgreSQLConnection(settings, label: "test")
        let problem = await #expect(throws: PostgreSQLError.self) { try await Self.text("SELECT 'a'", on: connection) }
        guard case .refused(let state, let message)? = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
        #expect(state.code == "28P01")
        #expect(message == "password authentication failed for user \"\(role)\"")
        var printed = ""
        dump(settings, to: &printed)
        #expect(!(printed + "\(settings)" + String(reflecting: settings)).contains("wrong word"))
        #expect(!settings.place.contains("wrong word"))
    }

    @Test func `the first host that answers and can be written to is used`() async throws {
        let (descriptor, port) = try LoopbackPort.taken()
        defer { close(descriptor) }
        var settings = try ConnectionSettings.tests()
        settings.patienceForHost = .milliseconds(300)
        let silent = ConnectionSettings.Host(name: "127.0.0.1", port: port)
        let nowhere = ConnectionSettings.Host(name: "/nonexistent", port: 1)
        settings.hosts = [silent, nowhere] + settings.hosts
        let answer = try await Self.text("SELECT 'a'", on: PostgreSQLConnection(settings, label: "test"))
        #expect(answer == "a")
        settings.hosts = [silent, nowhere]
        let connection = PostgreSQLConnection(settings, label: "test")
        let problem = await #expect(throws: PostgreSQLError.self) { try await Self.text("SELECT 'a'", on: connection) }
        guard case .unreachable(let detail)? = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
        #expect(detail.contains("127.0.0.1:\(port): no answer in time") && detail.contains("/nonexistent/.s.PGSQL.1"))
    }

    @Test func `a connection that the server ended meanwhile is made anew before it is used`() async throws {
        let (connection, other) = (try Self.connection(), try Self.connection())
        let process = try await Self.text("SELECT pg_backend_pid()::text", on: connection) ?? ""
        // Waits until it is gone.
        _ = try await Self.text("SELECT pg_terminate_backend(\(process), 10000)::text", on: other)
        let next = try await Self.text("SELECT pg_backend_pid()::text", on: connection)
        #expect(next != process)
    }

    @Test func `where every host refuses for the same reason, that is the reason`() async throws {
        var settings = try ConnectionSettings.tests()
        settings.hosts += [ConnectionSettings.Host(name: settings.hosts[0].name + "/.")]
        settings.database = "nowhere"
        let connection = PostgreSQLConnection(settings, label: "test")
        await #expect(
            throws: PostgreSQLError.refused(.noDatabase, message: "database \"nowhere\" does not exist")
        ) { try await Self.text("SELECT 'a'", on: connection) }
        settings.hosts += [ConnectionSettings.Host(name: "/nonexistent")]
        let mixed = PostgreSQLConnection(settings, label: "test")
        let problem = await #expect(throws: PostgreSQLError.self) { try await Self.text("SELECT 'a'", on: mixed) }
        guard case .unreachable(let detail)? = problem else {
            Issue.record("\(String(describing: problem))")
            return
        }
        #expect(detail.contains("3D000 database") && detail.contains("/nonexistent/.s.PGSQL.5432: "))
    }

    @Test func `a host that answers nothing leaves time for the others`() async throws {
        let (descriptor, port) = try LoopbackPort.taken()
        defer { close(descriptor) }
        var settings = try ConnectionSettings.tests()
        settings.hosts.insert(ConnectionSettings.Host(name: "127.0.0.1", port: port), at: 0)
        let connection = PostgreSQLConnection(settings, label: "test")
        // Less than one host may take.
        let answer = try await connection.perform(until: .now + .seconds(4)) { session in
            try session.run([Statement("SELECT 'a'")])[0].first?.text(0)
        }
        #expect(answer == "a")
    }

    @Test(arguments: ["25006", "0A000", "22012"])
    func `a server that takes no writes is left, and the next call connects anew`(state: String) async throws {
        let connection = try Self.connection()
        let process = try await connection.perform(until: .now + Self.patience) { $0.processID }
        await #expect(throws: PostgreSQLError.self) {
            try await connection.perform(until: .now + Self.patience) { session in
                _ = try session.run([Statement("DO $$ BEGIN RAISE 'no' USING ERRCODE = '\(state)'; END $$")])
            }
        }
        let next = try await connection.perform(until: .now + Self.patience) { $0.processID }
        #expect((next == process) == (state == "22012"))
    }

    /// No time limit of the server counts between two statements of one round trip.
    @Test(arguments: [TransactionLimits.queue, .patient, .named, .heartbeat])
    func `the server finds out who is cut off within a round trip`(limits: TransactionLimits) {
        for setting in ["idle', '5'", "interval', '2'", "count', '3'"] {
            #expect(limits.statement.sql.contains("set_config('tcp_keepalives_\(setting), true)"))
        }
    }

    @Test func `every keyword of libpq that would come from the environment is set`() throws {
        let settings = try ConnectionSettings.tests()
        let host = settings.hosts[0]
        let (words, empty) = settings.withParameters(for: host) { names, values in
            let pairs = zip(names, values).compactMap { name, value -> (String, String)? in
                guard let name, let value else { return nil }
                return (String(cString: name), String(cString: value))
            }
            return (Dictionary(pairs) { first, _ in first }, pairs[0].1)
        }
        #expect(ConnectionSettings.known.count > 30)
        for (keyword, variable) in ConnectionSettings.known where variable != nil && keyword != "service" {
            #expect(words[keyword] != nil || empty.contains(" \(keyword)=''"), "\(keyword)")
        }
    }

    @Test(.timeLimit(.minutes(1))) func `no variable of the environment and no passfile is obeyed`() async {
        await #expect(processExitsWith: .success) {
            let server = try PostgreSQLServer()
            defer { server.stop() }
            try await withTemporaryDirectory { directory in
                let (passfile, services) = (directory + "/pass", directory + "/services")
                try "*:*:*:*:wrong\n".write(toFile: passfile, atomically: true, encoding: .utf8)
                try "[elsewhere]\nhost=/nowhere\nport=3\n".write(toFile: services, atomically: true, encoding: .utf8)
                chmod(passfile, 0o600)
                for (name, value) in [
                    "PGHOST": "/nowhere", "PGHOSTADDR": "127.0.0.9", "PGPORT": "1", "PGDATABASE": "template1",
                    "PGUSER": "nobody", "PGPASSWORD": "wrong", "PGPASSFILE": passfile, "PGSERVICE": "elsewhere",
                    "PGSERVICEFILE": services, "PGOPTIONS": "-c work_mem=65kB", "PGAPPNAME": "other",
                    "PGSSLMODE": "verify-full", "PGREQUIRESSL": "1", "PGSSLROOTCERT": "/nowhere",
                    "PGREQUIREPEER": "nobody", "PGCHANNELBINDING": "require", "PGGSSENCMODE": "require",
                    "PGCLIENTENCODING": "LATIN1", "PGTARGETSESSIONATTRS": "standby", "PGCONNECT_TIMEOUT": "x",
                    "PGTZ": "Asia/Tokyo", "PGDATESTYLE": "SQL, DMY", "PGGEQO": "off", "PGREQUIREAUTH": "md5",
                ] {
                    setenv(name, value, 1)
                }
                let connection = PostgreSQLConnection(try .tests(server: server), label: "test")
                let found = try await Self.text(
                    """
                    SELECT concat_ws('|', current_database(), user, current_setting('application_name'),
                        current_setting('client_encoding'), current_setting('timezone'), current_setting('geqo'),
                        current_setting('datestyle'), current_setting('work_mem'))
                    """, on: connection)
                #expect(found == "postgres|administrator|bankrefreshd|UTF8|UTC|on|ISO, MDY|4MB")
            }
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a server of the tests is gone with all its files when it is stopped`() async throws {
        let server = try PostgreSQLServer()
        let settings = try ConnectionSettings.tests(server: server)
        let version = try await PostgreSQLConnection(settings, label: "test").perform(until: .now + Self.patience) {
            $0.serverVersion
        }
        #expect(version >= 140_000)
        server.stop()
        #expect(!FileManager.default.fileExists(atPath: server.directory))
        await #expect(throws: PostgreSQLError.self) {
            try await Self.text("SELECT 'a'", on: PostgreSQLConnection(settings, label: "test"))
        }
    }
}
