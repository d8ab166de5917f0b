import RefreshCore

extension StoreProblem {
    /// The only place that turns errors of the server, and of decoding its rows, into a `StoreProblem`.
    init(_ error: any Error, at server: ConnectionSettings) {
        let place = server.place
        switch error {
        case PostgreSQLError.refused(let state, _) where state.code == Promotion.unfinished:
            self = .unreachable(
                place: place,
                detail: "another server took over, and the daemons are checking whether it lacks recent changes")
        case let problem as StoreProblem: self = problem
        case let damage as DamagedStore: self = .notAStore(place: place, detail: damage.what)
        case PostgreSQLError.refused(let state, let message): self.init(state, message, at: server)
        case PostgreSQLError.deadlinePassed: self = .unreachable(place: place, detail: "no answer in time")
        case PostgreSQLError.unreachable(let detail): self.init(unreachable: detail, at: server)
        case PostgreSQLError.lost(let detail): self = .unreachable(place: place, detail: detail)
        case PostgreSQLError.notReplicated:
            self = .unreachable(place: place, detail: "a wait for the standby was cancelled at the server")
        default: self = .unreachable(place: place, detail: "\(type(of: error))")
        }
    }

    /// The server's error, with a statement that fixes it.
    ///
    /// Source: PostgreSQL documentation, appendix A.
    private init(_ state: SQLState, _ message: String, at server: ConnectionSettings) {
        let (place, detail) = (server.place, "\(message) (SQLSTATE \(state))")
        let (user, database) = (server.user.asIdentifier, server.database.asIdentifier)
        switch state {
        case .diskFull: self = .full(place: place)
        case .noDatabase:
            self = .unfit(
                place: place, detail: detail,
                remedy: "name another in store.postgresql.database, or make it on the server: CREATE DATABASE "
                    + "\(database) OWNER \(user) ENCODING 'UTF8' TEMPLATE template0")
        case .noRights where message.contains("permission denied for database"):
            self = .notAllowed(place: place, detail: detail, remedy: Self.onDatabase(server))
        case .noRights:
            self = .notAllowed(
                place: place, detail: detail,
                remedy: "on the server, in the database \(database): GRANT owner TO \(user), where owner is the role "
                    + "that the schema belongs to, by SELECT nspowner::regrole FROM pg_namespace WHERE nspname = "
                    + "'bankrefreshd'")
        case .noTable, .noSchema, .noFunction:
            self = .displaced(place: place, detail: "parts of it are missing from the database: \(detail)")
        case .readOnly: self = .unreachable(place: place, detail: detail, remedy: Self.toPrimary(server))
        case .tooManyConnections:
            self = .unreachable(
                place: place, detail: detail,
                remedy: "end connections that are not needed, or raise max_connections there")
        case _ where state.errorClass == "28":
            self = .notAllowed(place: place, detail: detail, remedy: Self.entering(state, message, server))
        case _ where state.errorClass == "XX": self = .notAStore(place: place, detail: detail)
        default: self = .unreachable(place: place, detail: detail)
        }
    }

    /// The statement that grants access to the database and the right to create the schema.
    static func onDatabase(_ server: ConnectionSettings) -> String {
        "on the server: GRANT CONNECT, CREATE ON DATABASE \(server.database.asIdentifier) TO \(server.user.asIdentifier)"
    }

    private static func toPrimary(_ server: ConnectionSettings) -> String {
        "name the primary in store.postgresql.hosts; if it is the primary: ALTER DATABASE "
            + "\(server.database.asIdentifier) RESET default_transaction_read_only, and the same for the role "
            + server.user.asIdentifier
    }

    /// The remedy for a role that the server did not admit.
    private static func entering(_ state: SQLState, _ message: String, _ server: ConnectionSettings) -> String {
        let (user, database) = (server.user.asIdentifier, server.database.asIdentifier)
        return switch message {
        case _ where message.hasSuffix("does not exist"):
            "name another in store.postgresql.user, or make it on the server: CREATE ROLE \(user) LOGIN PASSWORD '…'"
        case _ where message.contains("is not permitted to log in"): "on the server: ALTER ROLE \(user) LOGIN"
        case _ where message.hasPrefix("Peer authentication failed"):
            "run as the user of the machine that pg_hba.conf and pg_ident.conf map to the role \(user), or have "
                + "pg_hba.conf ask for a password and name it in store.postgresql.password"
        case _ where message.contains("pg_hba.conf"):
            "add a line to pg_hba.conf on the server, such as: hostssl \(database) \(user) ADDRESS/32 scram-sha-256; "
                + "then: SELECT pg_reload_conf()"
        case _ where state == .invalidPassword && server.password == nil:
            "name where its password is in store.postgresql.password"
        case _ where state == .invalidPassword:
            // The server says the same about a role that does not exist, so as not to reveal which roles exist.
            "put the right password where store.postgresql.password points, or set another on the server: ALTER ROLE "
                + "\(user) PASSWORD '…'; where there is no such role: CREATE ROLE \(user) LOGIN PASSWORD '…'"
        default: "see the server's log and pg_hba.conf for the role \(user) and the database \(database)"
        }
    }

    /// Errors that come from libpq itself; its messages are not translated, because no locale is set.
    private init(unreachable detail: String, at server: ConnectionSettings) {
        let place = server.place
        switch detail {
        case _ where detail.contains("no password supplied"):
            self = .notAllowed(
                place: place, detail: "the server asks for a password",
                remedy: "name where it is in store.postgresql.password")
        case _ where detail.contains("session is read-only"):
            self = .unreachable(
                place: place, detail: "no host can be written to: \(detail)", remedy: Self.toPrimary(server))
        default: self = .unreachable(place: place, detail: detail, remedy: Self.reaching(detail))
        }
    }

    private static func reaching(_ detail: String) -> String {
        let remedies = [
            (
                "does not support SSL",
                "turn ssl on at the server, or, if nobody can eavesdrop on the connection, set "
                    + "store.postgresql.sslmode to \"disable\""
            ),
            ("does not match host name", "write the host in store.postgresql.hosts as its certificate names it"),
            (
                "certificate verify failed",
                "name the certificate that signed the server's in store.postgresql.ca; and check that it is not expired"
            ),
            ("root certificate", "name a readable file of certificates (PEM) in store.postgresql.ca"),
            ("private key file", "see what store.postgresql.key names: its owner and its mode, 0600"),
            ("could not translate host name", "correct the name in store.postgresql.hosts, or its entry in DNS"),
        ]
        return remedies.first { detail.contains($0.0) }?.1
            ?? "check that the server is running and listens there; store.postgresql.hosts and .port say where"
    }
}

extension String {
    /// The text as an identifier in SQL, quoted if necessary.
    var asIdentifier: String {
        let isPlain =
            first.map { $0.isASCII && ($0.isLowercase || $0 == "_") } ?? false
            && allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || $0 == "_") }
        return isPlain ? self : "\"\(replacing("\"", with: "\"\""))\""
    }
}
