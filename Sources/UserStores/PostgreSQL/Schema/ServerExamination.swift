import CLibpq
package import RefreshCore

/// What a server and its store say about themselves; examining them changes nothing.
package struct ServerExamination: Sendable {
    /// The reasons why the store cannot be opened.
    package private(set) var problems: [StoreProblem] = []
    /// Whether there is a store.
    package private(set) var isThere = false
    /// Whether opening the store would migrate it.
    package private(set) var isOlder = false
    /// Nil if there is no store, or if it cannot be read.
    package private(set) var marks: StoreMarks?
    /// How many users each group has.
    package private(set) var groups: [GroupSize] = []
    /// The settings that the store's daemons follow; nil if there are none.
    package private(set) var settings: FleetSettings?
    /// The names of the daemons that work with it, as far as is known.
    package private(set) var members: [String] = []
    /// Whether a pooler is in between, which gives sessions to several clients.
    package let isPooled: Bool
    /// The version as the server reports it.
    package let version: String
    /// Which of the hosts answered, in words.
    package let server: String

    /// Pipelines and reported states require this version.
    private static let oldestServer: Int32 = 140_000

    /// `count` is how many migrations this version knows.
    init(_ session: Session, _ server: ConnectionSettings, knowing count: Int = Migrations.all.count) throws {
        let place = server.place
        version = session.reported("server_version") ?? "?"
        self.server = session.server
        guard let row = try session.read([Self.question], limits: .patient)[0].first else {
            throw StoreProblem.unreachable(place: place, detail: "it does not tell how it is set up")
        }
        isPooled = row.integer(2) != Int64(session.processID)
        examineServer(session, fsync: row.flag(0), pages: row.flag(1), server)
        guard row.flag(4) else {
            if !row.flag(3) {
                problems.append(
                    .notAllowed(
                        place: place,
                        detail: "the role \(server.user) may not make a schema in the database \(server.database)",
                        remedy: StoreProblem.onDatabase(server)))
            }
            return
        }
        if let owner = row.text(5) {
            let isSuperuser = try session.read([Self.isSuperuser(owner)], limits: .patient)[0].first?.flag(0) ?? true
            problems.append(
                .notAllowed(
                    place: place,
                    detail: "the schema bankrefreshd or what is in it belongs to \(owner), and the role \(server.user) "
                        + "does not have its rights",
                    remedy: isSuperuser
                        ? "\(owner) is a superuser, so do not grant its rights; if the schema is empty, on the server: ALTER "
                            + "SCHEMA bankrefreshd OWNER TO \(server.user.asIdentifier); if it was restored: drop it, and "
                            + "restore it again with pg_restore --no-owner --role=\(server.user.asIdentifier)"
                        : "on the server: GRANT \(owner) TO \(server.user.asIdentifier)"))
            return
        }
        guard row.flag(6) else { return }
        isThere = true
        guard row.flag(7),
            let form = try Self.form(session)
        else {
            problems.append(.notAStore(place: place, detail: "the schema bankrefreshd is another program's"))
            return
        }
        guard form.oldest <= count else {
            problems.append(.newerVersion(place: place))
            return
        }
        isOlder = form.migrations < count
        guard problems.isEmpty else { return }
        if !isOlder {
            let rows = try session.read([SettingsStatements.select, Self.working], limits: .patient)
            settings = FleetSettings(rows[0])
            members = try rows[1].map { try DamagedStore.required($0.text(0), "name") }
        }
        let rows = try session.read(StoreMarks.statements + [Self.groups], limits: .patient)
        marks = try StoreMarks(rows)
        groups = rows[StoreMarks.statements.count].compactMap { try? GroupSize($0) }
    }

    /// The number of migrations done, and how many of them a version must know; nil if either is not a number.
    private static func form(_ session: Session) throws -> (migrations: Int, oldest: Int)? {
        let rows = try session.read([Meta.select(.schema), Meta.select(.oldestSchema)], limits: .patient)
        guard let done = rows[0].metaText.flatMap({ Int($0) }), let oldest = Int(rows[1].metaText ?? "1") else {
            return nil
        }
        return (done, oldest)
    }

    /// `owner` is the name as the server quotes it.
    private static func isSuperuser(_ owner: String) -> Statement {
        Statement("SELECT rolsuper FROM pg_roles WHERE oid = $1::text::regrole", .text(owner))
    }

    private static let groups = Statement(
        "SELECT name, users FROM bankrefreshd.groups WHERE users > 0 AND name <> '' ORDER BY name")

    /// The members whose settings a starting daemon would follow.
    private static let working = Statement(
        "SELECT m.name FROM bankrefreshd.members m WHERE \(SettingsStatements.works) ORDER BY m.name")

    private mutating func examineServer(_ session: Session, fsync: Bool, pages: Bool, _ server: ConnectionSettings) {
        func refuse(_ detail: String, _ remedy: String) {
            problems.append(.unfit(place: server.place, detail: detail, remedy: remedy))
        }
        if session.serverVersion < Self.oldestServer {
            refuse("the server has version \(version), and 14 or later is needed", "upgrade it, or name another")
        }
        if let encoding = session.reported("server_encoding"), encoding != "UTF8" {
            refuse(
                "the database \(server.database) has the encoding \(encoding), and UTF8 is needed",
                "make another on the server: CREATE DATABASE \((server.database + "_utf8").asIdentifier) OWNER "
                    + "\(server.user.asIdentifier) ENCODING 'UTF8' TEMPLATE template0; and name it in "
                    + "store.postgresql.database")
        }
        for (name, isOn) in [("fsync", fsync), ("full_page_writes", pages)] where !isOn {
            refuse(
                "\(name) is off at the server: a crash of its machine would lose users",
                "on the server: ALTER SYSTEM RESET \(name); SELECT pg_reload_conf(); and see postgresql.conf for it")
        }
    }

    /// The server's settings, then the schema.
    ///
    /// For the schema: whether it exists, its owner if this role lacks the owner's rights, whether it contains
    /// anything, and whether its table `meta` is that of a store.
    private static let question = Statement(
        """
        SELECT current_setting('fsync')::bool, current_setting('full_page_writes')::bool, pg_backend_pid()::int8,
            has_database_privilege(current_database(), 'CREATE'), n.oid IS NOT NULL,
            CASE WHEN n.oid IS NOT NULL THEN (
                SELECT min(o.owner::regrole::text) FROM (
                    SELECT c.relowner AS owner FROM pg_class c
                        WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')
                    UNION SELECT n.nspowner WHERE NOT has_schema_privilege(n.oid, 'USAGE')
                        OR NOT has_schema_privilege(n.oid, 'CREATE')) o
                WHERE NOT pg_has_role(o.owner, 'USAGE')) END,
            EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relkind IN ('r', 'p')),
            2 = (SELECT count(*) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
                WHERE c.relnamespace = n.oid AND c.relname = 'meta'
                    AND (a.attname, a.atttypid) IN (('key', 'text'::regtype), ('value', 'bytea'::regtype)))
        FROM (VALUES (1)) one LEFT JOIN pg_namespace n ON n.nspname = 'bankrefreshd'
        """)

    // MARK: Without an opening

    /// The version of libpq, in its own numbering: 150_020 for 15.20.
    package static var libraryVersion: Int32 { PQlibVersion() }

    /// Connects as an opening would, on the calling thread and with its rights.
    package static func examine(_ server: ConnectionSettings) throws(StoreProblem) -> ServerExamination {
        do {
            let session = try Session.connected(to: server, until: .now + TransactionLimits.queue.patience * 5)
            defer { session.close() }
            return try ServerExamination(session, server)
        } catch {
            throw StoreProblem(error, at: server)
        }
    }
}
