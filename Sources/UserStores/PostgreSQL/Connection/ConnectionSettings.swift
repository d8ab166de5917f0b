import CLibpq
import Glibc
package import RefreshCore

/// Where the server is and how to log in.
package struct ConnectionSettings: Sendable {
    /// One of several servers; the first that accepts writes is used.
    package struct Host: Equatable, Sendable {
        /// A name, an address, or the directory of a Unix socket.
        package let name: String
        package let port: Int

        package init(name: String, port: Int = 5_432) {
            self.name = name
            self.port = port
        }

        var description: String {
            if name.hasPrefix("/") { return "\(name)/.s.PGSQL.\(port)" }
            return name.contains(":") ? "[\(name)]:\(port)" : "\(name):\(port)"
        }
    }

    package enum Protection: String, Sendable {
        case off = "disable"
        /// Encrypted, but the server's identity is not verified.
        case unverified = "require"
        case verified = "verify-full"
    }

    package var hosts: [Host]
    package var database: String
    package var user: String
    package var password: Secret?
    package var protection = Protection.verified
    /// A file of CA certificates for the server's certificate; nil for those of the system.
    package var authorities: String?
    /// The files of the client certificate and its key; nil for none.
    package var certificate: (certificate: String, key: String)?

    package init(hosts: [Host], database: String, user: String, password: Secret? = nil) {
        self.hosts = hosts
        self.database = database
        self.user = user
        self.password = password
    }

    /// The server, for messages; contains no secrets.
    package var place: String {
        "\(StorePlace.scheme)\(user)@\(hosts.map(\.description).joined(separator: ","))/\(database)"
    }

    /// The time limit for one host; a longer wait is no use, since the next host may answer.
    ///
    /// Name lookup has no time limit.
    package var patienceForHost = Duration.seconds(5)

    /// The parameters for libpq for one host, except for the password.
    ///
    /// They set every keyword that libpq would otherwise take from the environment, the passfile, the home directory or
    /// its defaults.
    ///
    /// Unused files are set to a path that does not exist, because an empty name means the file in the home directory.
    func keywords(for host: Host) -> [String: String] {
        [
            "host": host.name, "hostaddr": "", "port": String(host.port), "user": user,
            "passfile": Self.noFile, "service": "", "options": "", "application_name": "bankrefreshd",
            "client_encoding": "UTF8", "target_session_attrs": "read-write", "load_balance_hosts": "disable",
            "connect_timeout": "5", "tcp_user_timeout": "5000", "keepalives": "1", "keepalives_idle": "5",
            "keepalives_interval": "2", "keepalives_count": "3",
            "sslmode": host.name.hasPrefix("/") ? Protection.off.rawValue : protection.rawValue,
            "sslnegotiation": "postgres", "sslcompression": "0", "sslsni": "1", "sslrootcert": rootCertificates,
            "sslcert": certificate?.certificate ?? Self.noFile, "sslkey": certificate?.key ?? Self.noFile,
            "sslcrl": Self.noFile, "sslcrldir": "", "sslcertmode": certificate == nil ? "disable" : "allow",
            "ssl_min_protocol_version": "TLSv1.2", "ssl_max_protocol_version": "", "channel_binding": "prefer",
            "require_auth": "", "requirepeer": "", "gssencmode": "disable", "gssdelegation": "0",
            "krbsrvname": "postgres", "gsslib": "", "replication": "", "fallback_application_name": "",
            "min_protocol_version": "3.0", "max_protocol_version": "3.0",
        ]
    }

    /// If there is a file, libpq verifies the server against it even in the unverified mode.
    private var rootCertificates: String {
        authorities ?? (protection == .verified ? "/etc/ssl/certs/ca-certificates.crt" : Self.noFile)
    }

    private static let noFile = "/nonexistent/bankrefreshd"

    /// The keywords that this libpq knows, each with the environment variable that it would be taken from.
    static let known: [(keyword: String, variable: String?)] = {
        var known: [(keyword: String, variable: String?)] = []
        guard let all = PQconninfoParse("", nil) else { return known }
        defer { PQconninfoFree(all) }
        var option = all
        while let keyword = option.pointee.keyword {
            known.append((String(cString: keyword), option.pointee.envvar.map { String(cString: $0) }))
            option += 1
        }
        return known
    }()

    /// Variables that libpq obeys whatever its parameters say; unset before the first connection.
    ///
    /// The service variables would name a file of further keywords. The others are sent in the startup message.
    private static let obeyedAnyway = ["PGSERVICE", "PGSERVICEFILE", "PGSYSCONFDIR", "PGDATESTYLE", "PGTZ", "PGGEQO"]

    /// Calls `body` with names and values for `PQconnectdbParams`, whose `dbname` has to be expanded.
    ///
    /// Only inside such an expanded string can a keyword be set to an empty value.
    func withParameters<Value>(
        for host: Host, _ body: ([UnsafePointer<CChar>?], [UnsafePointer<CChar>?]) -> Value
    ) -> Value {
        for variable in Self.obeyedAnyway where getenv(variable) != nil { unsetenv(variable) }
        let words = keywords(for: host)
        var empty = ""
        var pairs: [(String, String)] = []
        for (keyword, variable) in Self.known where keyword != "dbname" && keyword != "password" {
            if let word = words[keyword], !word.isEmpty {
                pairs.append((keyword, word))
            } else if variable != nil, keyword != "service" {
                empty += " \(keyword)=''"
            }
        }
        pairs.insert(("dbname", "dbname='\(Self.quoted(database))' password=''\(empty)"), at: 0)
        let names = pairs.map { strdup($0.0) } + (password == nil ? [] : [strdup("password")])
        let secret = password.flatMap(Self.copy)
        let values = pairs.map { strdup($0.1) } + (password == nil ? [] : [secret])
        defer {
            if let secret, let password {
                UnsafeMutableRawBufferPointer(start: secret, count: password.count).wipe()
            }
            for text in names + values { free(text) }
        }
        return body(names.map { UnsafePointer($0) } + [nil], values.map { UnsafePointer($0) } + [nil])
    }

    private static func quoted(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("'", with: "\\'")
    }

    private static func copy(of secret: Secret) -> UnsafeMutablePointer<CChar>? {
        secret.withBytes { bytes in
            guard let copy = calloc(bytes.count + 1, 1) else { return nil }
            if let start = bytes.baseAddress { copy.copyMemory(from: start, byteCount: bytes.count) }
            return copy.bindMemory(to: CChar.self, capacity: bytes.count + 1)
        }
    }
}
