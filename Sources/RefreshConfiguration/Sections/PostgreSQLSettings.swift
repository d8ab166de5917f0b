import RefreshCore

/// The section `store.postgresql`: the server that keeps the users instead of the embedded store.
package struct PostgreSQLSettings: Equatable, Sendable {
    /// How connections are protected, under libpq's names.
    package enum Protection: String, CaseIterable, Sendable {
        case disable, require
        case verifyFull = "verify-full"
    }

    /// Nil if the embedded store is used.
    package var hosts: [PostgreSQLHost]?
    /// The port of hosts that name none.
    package var port = 5_432
    package var database = "bankrefreshd"
    package var user = "bankrefreshd"
    package var password: SecretReference?
    package var protection = Protection.verifyFull
    /// A PEM file of certificates to trust instead of the system's.
    package var authorities: String?
    /// The PEM file of the daemon's own certificate; set together with `key` or not at all.
    package var certificate: String?
    package var key: String?
    /// Nil for the host's name.
    package var member: String?

    /// A warning about a setting that is allowed but questionable; nil if there is none.
    package var note: String? {
        guard protection != .verifyFull, let far = hosts?.first(where: { !$0.isOnThisMachine }) else { return nil }
        let danger =
            protection == .disable
            ? "what goes to \(far.name) and back crosses the network in clear text"
            : "\(far.name) may be anybody, because its name is not compared with its certificate"
        return "store.postgresql.sslmode is \"\(protection.rawValue)\": \(danger); set it to \"verify-full\""
    }

    static let table: [Setting<PostgreSQLSettings>] = [
        Setting(
            "hosts",
            \.hosts,
            orNull: .postgreSQLHosts,
            effect: .restart,
            defaultNote: "`null`: the store is the SQLite file",
            "The PostgreSQL servers, such as `[\"db1.example.com\", \"db2.example.com:5433\"]`, or the directory of a "
                + "Unix socket, such as `[\"/var/run/postgresql\"]`. The daemon uses the first one that it can write to. "
                + "If set, the store is the database on them, and `sqlite.path` is not used. See `docs/postgresql.md`."
        ),
        Setting(
            "port",
            \.port,
            .count(1...65_535),
            effect: .restart,
            "The port of hosts that name none; also part of the name of a Unix socket."
        ),
        Setting(
            "database",
            \.database,
            .postgreSQLName("bankrefreshd"),
            effect: .restart,
            "The database. The daemon keeps everything in its schema `bankrefreshd`, which it creates."
        ),
        Setting(
            "user",
            \.user,
            .postgreSQLName("bankrefreshd"),
            effect: .restart,
            "The role that the daemon logs in as."
        ),
        Setting(
            "password",
            \.password,
            orNull: .secret,
            effect: .restart,
            defaultNote: "none: the server asks for none",
            "Where the role's password is, as one line: a systemd credential, such as `postgresql-password`, or a file "
                + "that only the daemon may read. Never the password itself."
        ),
        Setting(
            "sslmode",
            \.protection,
            .choice,
            effect: .restart,
            "How connections over TCP are protected. `verify-full`: TLS, and a certificate that matches the host name; "
                + "`require`: TLS with any certificate, or with `ca` any that this CA signed; `disable`: no TLS. A "
                + "Unix socket never uses TLS."
        ),
        Setting(
            "ca",
            \.authorities,
            orNull: .filePath(),
            effect: .restart,
            defaultNote: "none: the system's certificates",
            "CA certificates (PEM) to trust for the server, instead of the system's."
        ),
        Setting(
            "certificate",
            \.certificate,
            orNull: .filePath(),
            effect: .restart,
            "The daemon's own certificate (PEM), for servers that ask for one."
        ),
        Setting(
            "key",
            \.key,
            orNull: .filePath(),
            effect: .restart,
            "The private key of that certificate (PEM): a file of mode 0600 that belongs to the daemon's user, or of "
                + "mode 0640 that belongs to root."
        ),
        Setting(
            "member",
            \.member,
            orNull: .memberName,
            effect: .restart,
            defaultNote: "none: the name of the host",
            "The name of this daemon among those that share the database. It must be unique among running daemons."
        ),
    ]

    /// The paths are relative to the section `store`.
    var contradictions: [Contradiction] {
        let certificate = (path: SettingPath("postgresql", "certificate"), isSet: self.certificate != nil)
        let key = (path: SettingPath("postgresql", "key"), isSet: self.key != nil)
        return [
            Contradiction.lone(certificate, without: key, example: "\"/etc/bankrefreshd/postgresql.key\""),
            Contradiction.lone(key, without: certificate, example: "\"/etc/bankrefreshd/postgresql.crt\""),
        ].compactMap(\.self)
    }
}

/// A PostgreSQL server.
package struct PostgreSQLHost: Hashable, Sendable {
    /// A name, an IP address without brackets, or the directory of a Unix socket.
    package let name: String
    /// Nil for the common port of all hosts.
    package let port: Int?
    /// Whether traffic to it stays on this machine.
    package let isOnThisMachine: Bool
    /// The host as written.
    let text: String

    init(socketIn directory: String) {
        (name, port, isOnThisMachine, text) = (directory, nil, true, directory)
    }

    init(_ authority: Authority) {
        (name, port, isOnThisMachine) = (authority.host, authority.port, authority.isLoopback)
        text = authority.description
    }
}
