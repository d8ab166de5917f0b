import Foundation
import Glibc
import TestSupport
import Testing
import TightSandbox

/// What check-config finds at a PostgreSQL server, and the start with the same words.
@Suite(.timeLimit(.minutes(2)))
struct CheckServerTests {
    /// Changes of the section, the statements before, the exit code of a start, what is said, and what mends it.
    struct Case: CustomTestStringConvertible, Sendable {
        let testDescription: String
        var database: String?
        var user: String?
        var hosts: [String]?
        var prepare = ""
        let exit: Int32
        let reason: String
        let remedy: String
    }

    private static let cases = [
        Case(
            testDescription: "no such role", user: "Nobody There", exit: 77,
            reason: "role \"Nobody There\" does not exist (SQLSTATE 28000)",
            remedy: "name another in store.postgresql.user, or make it on the server: CREATE ROLE \"Nobody There\""),
        Case(
            testDescription: "no such database", database: "nowhere", exit: 78,
            reason: "database \"nowhere\" does not exist (SQLSTATE 3D000)",
            remedy: "CREATE DATABASE nowhere OWNER administrator ENCODING 'UTF8' TEMPLATE template0"),
        Case(
            testDescription: "a role that may make no schema", user: "checked", exit: 77,
            reason: "the role checked may not make a schema in the database DATABASE",
            remedy: "on the server: GRANT CONNECT, CREATE ON DATABASE DATABASE TO checked"),
        Case(
            testDescription: "a role that may not enter", user: "checked",
            prepare: "REVOKE CONNECT ON DATABASE DATABASE FROM PUBLIC", exit: 77,
            reason: "permission denied for database \"DATABASE\" (SQLSTATE 42501)",
            remedy: "on the server: GRANT CONNECT, CREATE ON DATABASE DATABASE TO checked"),
        Case(
            testDescription: "a role that may not log in", user: "locked",
            prepare: "DROP ROLE IF EXISTS locked; CREATE ROLE locked", exit: 77,
            reason: "role \"locked\" is not permitted to log in (SQLSTATE 28000)",
            remedy: "on the server: ALTER ROLE locked LOGIN"),
        Case(
            testDescription: "tables of another role", user: "checked",
            prepare: "CREATE SCHEMA bankrefreshd; CREATE TABLE bankrefreshd.meta (key text PRIMARY KEY, value bytea)",
            exit: 77, reason: "belongs to administrator, and the role checked does not have its rights",
            remedy: "ALTER SCHEMA bankrefreshd OWNER TO checked"),
        Case(
            testDescription: "a schema of another program",
            prepare: "CREATE SCHEMA bankrefreshd; CREATE TABLE bankrefreshd.things (id int)", exit: 78,
            reason: "is not a usable store: the schema bankrefreshd is another program's",
            remedy: "name another database in store.postgresql.database"),
        Case(
            testDescription: "a table meta of another program",
            prepare: "CREATE SCHEMA bankrefreshd; CREATE TABLE bankrefreshd.meta (key text, value text)", exit: 78,
            reason: "is not a usable store: the schema bankrefreshd is another program's",
            remedy: "name another database in store.postgresql.database"),
        Case(
            testDescription: "a newer version",
            prepare: """
                CREATE SCHEMA bankrefreshd; CREATE TABLE bankrefreshd.meta (key text PRIMARY KEY, value bytea);
                INSERT INTO bankrefreshd.meta VALUES ('schema', '99'), ('oldest schema', '99')
                """, exit: 78, reason: "was written by a newer version of bankrefreshd",
            remedy: "install that version again; this one changes nothing in it"),
        Case(
            testDescription: "a database that takes no writes",
            prepare: "ALTER DATABASE DATABASE SET default_transaction_read_only = on", exit: 75,
            reason: "no host can be written to: ",
            remedy: "name the primary in store.postgresql.hosts; if it is the primary: ALTER DATABASE DATABASE RESET"),
        Case(
            testDescription: "no server", hosts: ["/nonexistent", "127.0.0.1:1"], exit: 75,
            reason: "does not answer: /nonexistent/.s.PGSQL.5432: ",
            remedy: "check that the server is running and listens there; store.postgresql.hosts and .port say where"),
    ]

    private static func check(
        _ place: Workplace, reason: String, remedy: String, at path: String = "store.postgresql", exit: Int32
    ) async throws {
        let checked = try await place.run("check-config")
        #expect(checked.status == 78)
        #expect(checked.output.isEmpty)
        let line = checked.errors.split(separator: "\n").first { $0.hasPrefix("\(place.config): \(path): ") }
        #expect(line?.contains(reason) == true && line?.contains("; ") == true, "\(checked.errors)")
        #expect(line?.contains(remedy) == true, "\(checked.errors)")
        let daemon = try place.start(["run"])
        if await daemon.errors.wait(for: " notice: Ready: ") { daemon.send(SIGKILL) }
        let run = await daemon.result()
        #expect(run.status == exit, "\(run.errors)")
        #expect(run.errors.contains(reason) && run.errors.contains(remedy), "\(run.errors)")
    }

    @Test(arguments: cases)
    func `what is missing is told with what mends it, and a start says the same`(found: Case) async throws {
        try await ServerDatabase.with { database in
            try await database.execute(
                "DO $$ BEGIN CREATE ROLE checked LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$")
            func named(_ text: String) -> String {
                text.replacing("DATABASE DATABASE", with: "DATABASE \(database.name)")
            }
            if !found.prepare.isEmpty { try await database.execute(named(found.prepare)) }
            let before = try await Self.contents(of: database)
            try await Workplace.with(users: 1) { place in
                var changes: [String: Any] = ["sslmode": "disable"]
                changes["database"] = found.database
                changes["user"] = found.user
                changes["hosts"] = found.hosts
                try place.configure(["store": ["postgresql": database.section(changes)]])
                try await Self.check(
                    place,
                    reason: found.reason.replacing("database DATABASE", with: "database \(database.name)")
                        .replacing("\"DATABASE\"", with: "\"\(database.name)\""),
                    remedy: named(found.remedy), exit: found.exit)
            }
            #expect(try await Self.contents(of: database) == before)
        }
    }

    /// What there is in our schema.
    private static func contents(of database: ServerDatabase) async throws -> String {
        try await database.execute(
            """
            SELECT n.nspname, c.relname FROM pg_namespace n LEFT JOIN pg_class c ON c.relnamespace = n.oid
            WHERE n.nspname = 'bankrefreshd' ORDER BY 2
            """)
    }

    @Test func `check-config makes nothing, and says what there is`() async throws {
        try await ServerDatabase.with { database in
            try await Workplace.with(users: 1) { place in
                try place.configure(["store": ["postgresql": database.section()]])
                let empty = try await place.run("check-config")
                #expect(empty.status == 0, "\(empty.errors)")
                #expect(empty.errors.contains("note: store.postgresql: there is no store in the database yet;"))
                let server = database.place().split(separator: "@")[1]
                #expect(empty.output.contains("\n  the store is on \(server), PostgreSQL 1"), "\(empty.output)")
                let json = try await place.run("check-config", "--json")
                #expect((json.object["server"] as? String)?.hasPrefix("\(server), PostgreSQL 1") == true)
                #expect(try await Self.contents(of: database).isEmpty)
                try place.configure(["store": ["postgresql": database.section(), "mustExist": true]])
                try await Self.check(
                    place, reason: "there is no store at \(database.place()), and store.mustExist forbids creating one",
                    remedy: "for a first start set store.mustExist to false", at: "store.mustExist", exit: 78)
                #expect(try await Self.contents(of: database).isEmpty)
                let required = try await place.run("check-config")
                #expect(!required.errors.contains("the daemon makes it"), "\(required.errors)")

                try place.configure(["store": ["postgresql": database.section()]])
                try await place.importAll()
                let made = try await place.run("check-config")
                #expect(made.status == 0 && !made.errors.contains("store.postgresql"), "\(made.errors)")
                try await database.execute("UPDATE bankrefreshd.meta SET value = '0' WHERE key = 'schema'")
                let older = try await place.run("check-config")
                #expect(older.errors.contains("note: store.postgresql: an older version made the store; the daemon"))
            }
        }
    }

    @Test func `a schema that was made for the role is enough`() async throws {
        try await ServerDatabase.with { database in
            try await database.execute(
                """
                DO $$ BEGIN CREATE ROLE checked LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
                CREATE SCHEMA bankrefreshd AUTHORIZATION checked
                """)
            try await Workplace.with(users: 1) { place in
                try place.configure(["store": ["postgresql": database.section(["user": "checked"])]])
                #expect(try await place.run("check-config").status == 0)
                try await place.importAll()
                #expect(try await place.run("check-config").status == 0)
            }
        }
    }

    @Test func `a key that does not fit and tokens of another address are told`() async throws {
        try await ServerDatabase.with { database in
            try await Workplace.with(users: 1) { place in
                try place.configure(["store": ["postgresql": database.section()]])
                try await place.importAll()
                try place.configure([
                    "store": ["postgresql": database.section()], "api": ["baseURL": "https://elsewhere.example"],
                ])
                try await Self.check(
                    place, reason: "the tokens in the store \(database.place()) belong to \(place.sandbox.baseURL)",
                    remedy: "fix the section api, or store.postgresql.database", at: "api", exit: 78)
                try place.configure(["store": ["postgresql": database.section()]])
                try FileManager.default.removeItem(atPath: place.key)
                _ = try await place.run("key", "generate", place.key)
                try await Self.check(
                    place, reason: "the key does not fit the store \(database.place())",
                    remedy: "put the right key where store.key points", at: "store.key", exit: 78)
            }
        }
    }

    @Test func `a wrong password, one that is missing and one that is none are told apart`() async throws {
        try await ServerDatabase.with { database in
            let role = try await database.guarded(password: "right")
            try await Workplace.with(users: 1) { place in
                let file = place.directory + "/password"
                func write(_ text: String) throws {
                    try Data(text.utf8).write(to: URL(filePath: file))
                    chmod(file, 0o600)
                }
                try place.configure(["store": ["postgresql": database.section(["user": role])]])
                try await Self.check(
                    place,
                    reason: "no access to the store \(database.place(user: role)): the server asks for a password",
                    remedy: "name where it is in store.postgresql.password", exit: 77)

                let section = database.section(["user": role, "password": ["file": file]])
                try place.configure(["store": ["postgresql": section]])
                try await Self.check(
                    place, reason: "\(file): no such file", remedy: "create it, or name the right one",
                    at: "store.postgresql.password", exit: 78)
                try write("\n")
                try await Self.check(
                    place, reason: "the secret is empty, or holds a line break or a zero byte",
                    remedy: "write the password alone into it, as one line", at: "store.postgresql.password", exit: 78)
                try write("wrong\n")
                try await Self.check(
                    place, reason: "password authentication failed for user \"\(role)\" (SQLSTATE 28P01)",
                    remedy: "put the right password where store.postgresql.password points, or set another on the "
                        + "server: ALTER ROLE \(role) PASSWORD '…'; where there is no such role: CREATE ROLE \(role)",
                    exit: 77)
                try write("right\n")
                #expect(try await place.run("check-config").status == 0)
            }
            try await database.execute("DROP OWNED BY \(role); DROP ROLE \(role)")
        }
    }

    @Test func `a server that is too old or speaks another language is understood, and a pooler is noted`() async throws
    {
        try await ServerDatabase.with { database in
            try await Workplace.with(users: 1) { place in
                for disguise in DisguisedServer.allCases {
                    let directory = place.directory + "/" + disguise.rawValue
                    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
                    let between = try await disguise.start(in: directory, before: database.server.directory, place)
                    var section = database.section(["hosts": [directory]])
                    if disguise == .foreign { section["user"] = "nobody_there" }
                    try place.configure(["store": ["postgresql": section]])
                    switch disguise {
                    case .pooled:
                        let checked = try await place.run("check-config")
                        #expect(checked.status == 0)
                        #expect(
                            checked.errors.contains("note: store.postgresql: a pooler stands before the server; "),
                            "\(checked.errors)")
                        try await place.importAll()
                    case .old:
                        try await Self.check(
                            place, reason: "the server has version 13.16, and 14 or later is needed",
                            remedy: "upgrade it, or name another", exit: 78)
                    case .foreign:
                        try await Self.check(
                            place, reason: "role \"nobody_there\" does not exist (SQLSTATE 28000)",
                            remedy: "make it on the server: CREATE ROLE nobody_there LOGIN", exit: 77)
                    }
                    between.send(SIGKILL)
                }
            }
        }
    }

    @Test func `an encoding other than UTF-8 is told`() async throws {
        let options = "ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
        try await ServerDatabase.with(options: options) { database in
            try await Workplace.with(users: 1) { place in
                try place.configure(["store": ["postgresql": database.section()]])
                try await Self.check(
                    place, reason: "the database \(database.name) has the encoding LATIN1, and UTF8 is needed",
                    remedy: "CREATE DATABASE \(database.name)_utf8 OWNER administrator ENCODING 'UTF8' TEMPLATE",
                    exit: 78)
            }
        }
    }

    @Test func `a server that would lose users in a crash is told`() async throws {
        let server = try PostgreSQLServer(options: ["-c", "fsync=off", "-c", "full_page_writes=off"])
        defer { server.stop() }
        try await ServerDatabase.with(server) { database in
            try await Workplace.with(users: 1) { place in
                try place.configure(["store": ["postgresql": database.section()]])
                try await Self.check(
                    place, reason: "fsync is off at the server: a crash of its machine would lose users",
                    remedy: "on the server: ALTER SYSTEM RESET fsync; SELECT pg_reload_conf()", exit: 78)
                let checked = try await place.run("check-config")
                #expect(checked.errors.contains("2 problems with"))
                #expect(checked.errors.contains("full_page_writes is off"))
            }
        }
    }

    @Test func `root's commands and checks enter as the daemon's user, whom the server knows by the socket`()
        async throws
    {
        try #require(geteuid() == 0, "this test gives files away: run it as root")
        try await Workplace.with(users: 1) { place in
            let access = place.directory + "/pg_hba.conf"
            try "local all nobody peer\nlocal all all trust\n".write(toFile: access, atomically: true, encoding: .utf8)
            let server = try PostgreSQLServer(options: ["-c", "hba_file=\(access)"])
            defer { server.stop() }
            chmod(server.directory, 0o755)
            try await ServerDatabase.with(server) { database in
                try await database.execute("CREATE ROLE nobody LOGIN")
                try await database.execute("GRANT CREATE ON DATABASE \(database.name) TO nobody")
                try place.configure(["store": ["postgresql": database.section(["user": "nobody"])]])
                try await Self.check(
                    place, reason: "Peer authentication failed for user \"nobody\" (SQLSTATE 28000)",
                    remedy: "run as the user of the machine that pg_hba.conf and pg_ident.conf map to the role nobody",
                    exit: 77)
                for file in [place.directory, place.key] { #expect(chown(file, 65534, 65534) == 0) }
                let checked = try await place.run("check-config")
                #expect(checked.status == 0, "\(checked.errors)")
                try await place.importAll()
                let owners = try await database.execute(
                    "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'bankrefreshd'")
                #expect(owners == "nobody")
            }
        }
    }
}
