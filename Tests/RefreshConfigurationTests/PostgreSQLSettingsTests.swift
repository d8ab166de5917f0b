import RefreshCore
import Testing

@testable import RefreshConfiguration

/// The section `store.postgresql`: what is taken, and what is said of what is not.
struct PostgreSQLSettingsTests {
    private func configuration(_ postgresql: String, store: String = "") throws -> Configuration {
        try Configuration(
            text: #"{"api": {"environment": "sandbox"}, "store": {"postgresql": \#(postgresql)\#(store)}}"#)
    }

    /// The problems of a file, on one line each, without their places.
    private func problems(_ postgresql: String, store: String = "") -> [String] {
        let problems = #expect(throws: ConfigurationProblems.self) { try configuration(postgresql, store: store) }
        return (problems?.problems ?? []).map { problem in
            let text = problem.text(file: "f")
            return String(text[(text.firstRange(of: ": ")?.upperBound ?? text.startIndex)...])
        }
    }

    @Test func `without the section the store is the file`() throws {
        let plain = try Configuration(text: #"{"api": {"environment": "sandbox"}}"#)
        #expect(plain.store.postgresql.hosts == nil)
        #expect(try configuration(#"{"hosts": null}"#) == plain)
        #expect(plain.store.postgresql.protection == .verifyFull)
    }

    @Test func `hosts are names, addresses and directories of sockets, in order`() throws {
        let text =
            #"{"hosts": ["db1.example.com", "DB2:5433", "10.0.0.1", "[fd00::1]:5434", "/var/run/postgresql/"]}"#
        let settings = try configuration(text).store.postgresql
        let hosts = try #require(settings.hosts)
        #expect(hosts.map(\.name) == ["db1.example.com", "db2", "10.0.0.1", "fd00::1", "/var/run/postgresql"])
        #expect(hosts.map(\.port) == [nil, 5_433, nil, 5_434, nil])
        #expect(hosts.map(\.isOnThisMachine) == [false, false, false, false, true])
        #expect((settings.port, settings.database, settings.user) == (5_432, "bankrefreshd", "bankrefreshd"))
    }

    @Test func `every key is read, and written back as it was meant`() throws {
        let full = try configuration(
            """
            {"hosts": ["db1", "[::1]:6000"], "port": 6432, "database": "banks", "user": "Refresher",
             "password": {"credential": "postgresql-password"}, "sslmode": "require", "ca": "/etc/ca.pem",
             "certificate": "/etc/own.crt", "key": "/etc/own.key", "member": "host-1.refresh"}
            """)
        let settings = full.store.postgresql
        #expect(settings.port == 6_432 && settings.database == "banks" && settings.user == "Refresher")
        #expect(settings.password == .credential("postgresql-password"))
        #expect(settings.protection == .require && settings.authorities == "/etc/ca.pem")
        #expect(settings.certificate == "/etc/own.crt" && settings.key == "/etc/own.key")
        #expect(settings.member == "host-1.refresh")
        #expect(try Configuration(text: full.text) == full)
    }

    @Test(arguments: [
        (#"{}"#, "store.postgresql.hosts: which server to use is not said; set it, such as"),
        (#"{"database": "banks"}"#, "store.postgresql.hosts: which server to use is not said; set it, such as"),
        (#"{"hosts": null, "member": "a"}"#, "store.postgresql.hosts: which server to use is not said; set it"),
        (
            #"{"hosts": "db"}"#,
            #"store.postgresql.hosts: a list of hosts is expected, not a text; put it into [ ]: write ["db1.example.com""#
        ),
        (#"{"hosts": 1}"#, "store.postgresql.hosts is 1: a list of hosts is expected, not a number; write ["),
        (#"{"hosts": []}"#, "store.postgresql.hosts: no host; name 1 to 16"),
        (#"{"hosts": ["a", 5]}"#, "store.postgresql.hosts: host 2: a text is expected, not a number; write ["),
        (#"{"hosts": [""]}"#, "store.postgresql.hosts: host 1: a name is missing; write ["),
        (#"{"hosts": ["db", "DB"]}"#, "store.postgresql.hosts: host 2: it is named before; name each host once"),
        (#"{"hosts": ["db:0"]}"#, "store.postgresql.hosts: host 1: a port that is none; use 1 to 65535"),
        (#"{"hosts": ["db 1"]}"#, "store.postgresql.hosts: host 1: no name or address of a host; write a name in"),
        (#"{"hosts": ["256.1.1.1"]}"#, "store.postgresql.hosts: host 1: no name or address of a host; write a name"),
        (
            #"{"hosts": ["postgresql://me:hunter2@db"]}"#,
            #"store.postgresql.hosts: host 1: an address with more than a host and a port; write "HOST:PORT" alone; "#
        ),
        (#"{"hosts": ["run/postgresql"]}"#, "store.postgresql.hosts: host 1: no host; write the directory of a Unix"),
        (#"{"hosts": ["/a\u0007b"]}"#, "store.postgresql.hosts: host 1: a path with a control or invisible character"),
        (#"{"hosts": ["db"], "port": 65536}"#, "store.postgresql.port is 65536: too large; the most is 65535"),
        (#"{"hosts": ["db"], "port": "5432"}"#, #"store.postgresql.port is "5432": a whole number is expected, not a"#),
        (#"{"hosts": ["db"], "database": ""}"#, #"store.postgresql.database is "": a name is missing; write "bank"#),
        (#"{"hosts": ["db"], "user": null}"#, "store.postgresql.user is null: a text such as \"bankrefreshd\" is"),
        (#"{"hosts": ["db"], "user": " a"}"#, #"store.postgresql.user is " a": a name with an outer blank, or a"#),
        (
            #"{"hosts": ["db"], "password": "hunter2"}"#,
            "store.postgresql.password: a secret must not be in this file, which others may read; put it into a file"
        ),
        (
            #"{"hosts": ["db"], "sslmode": "verify-ca"}"#,
            #"store.postgresql.sslmode is "verify-ca": not one of "disable" or "require" or "verify-full""#
        ),
        (#"{"hosts": ["db"], "ca": "ca.pem"}"#, #"store.postgresql.ca is "ca.pem": not an absolute path; begin it"#),
        (
            #"{"hosts": ["db"], "certificate": "/c"}"#,
            "store.postgresql.certificate: postgresql.certificate is set and postgresql.key is not; set postgresql.key"
        ),
        (
            #"{"hosts": ["db"], "key": "/k"}"#,
            "store.postgresql.key: postgresql.key is set and postgresql.certificate is not; set postgresql.certificate"
        ),
        (#"{"hosts": ["db"], "member": "a b"}"#, #"store.postgresql.member is "a b": not a name of a daemon; use"#),
        (#"{"hosts": ["db"], "host": "x"}"#, #"store.postgresql.host: no such key; did you mean "hosts"?"#),
    ])
    func `what is wrong is told with its place and its remedy, and a password is not repeated`(
        section: String, beginning: String
    ) {
        let problems = problems(section)
        #expect(problems.count == 1, "\(problems)")
        #expect(problems.first?.hasPrefix(beginning) == true, "\(problems)")
        #expect(problems.allSatisfy { !$0.contains("hunter2") })
    }

    @Test func `the daemon's own backups are of the file alone`() {
        #expect(
            problems(#"{"hosts": ["db"]}"#, store: #", "backup": {"directory": "/var/backups/us"}"#) == [
                "store.backup.directory: backup.directory is set, and the daemon makes no backups of a store on "
                    + "PostgreSQL; remove backup.directory, and back up the server: docs/postgresql.md"
            ])
    }

    @Test(arguments: [
        (#"["db"], "sslmode": "disable""#, "what goes to db and back crosses the network in clear text"),
        (#"["/run", "db"], "sslmode": "require""#, "db may be anybody, because its name is not compared"),
        (#"["db"]"#, nil), (#"["/run"], "sslmode": "disable""#, nil), (#"["127.0.0.1"], "sslmode": "disable""#, nil),
    ])
    func `what others may read or forge on the way is noted`(hosts: String, note: String?) throws {
        let notes = try configuration("{\"hosts\": \(hosts)}").notes
        if let note {
            #expect(notes.count == 1 && notes[0].hasPrefix("store.postgresql.sslmode is \"") && notes[0].contains(note))
        } else {
            #expect(notes.isEmpty)
        }
    }

    @Test func `a reload leaves the store where it is, and tells that a restart would move it`() throws {
        let file = try Configuration(text: #"{"api": {"environment": "sandbox"}}"#)
        let server = try configuration(#"{"hosts": ["db"], "password": {"file": "/etc/p"}}"#)
        let (changes, kept) = (server.changes(from: file), server.keepingRestartSettings(of: file))
        #expect(
            changes.map(\.description) == [
                #"store.postgresql.hosts: none → ["db"]"#, #"store.postgresql.password: none → {"file": "/etc/p"}"#,
            ])
        #expect(changes.map(\.needsRestart) == [true, true])
        #expect(kept == file)
    }
}
