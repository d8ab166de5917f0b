import Foundation
import Glibc
import TestSupport
import Testing

/// The way to a PostgreSQL server over TCP.
@Suite(.timeLimit(.minutes(1)))
struct ServerTLSTests {
    /// Where the server listens; its certificate names the first alone.
    private static let (named, unnamed) = ("127.4.7.11", "127.4.7.12")

    /// A server that asks for TLS and a password, and the section of a configuration that has both right.
    private func with(
        _ body: (Workplace, ServerDatabase, _ section: [String: Any]) async throws -> Void
    ) async throws {
        try await Workplace.with(users: 1) { place in
            let (certificate, key) = (place.directory + "/server.crt", place.directory + "/server.key")
            let made = try await place.start(
                "/usr/bin/openssl",
                [
                    "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "3",
                    "-subj", "/CN=database", "-addext", "subjectAltName=IP:\(Self.named)", "-keyout", key, "-out",
                    certificate,
                ], environment: [:]
            ).result()
            try #require(made.status == 0, "\(made.errors)")
            let access = place.directory + "/pg_hba.conf"
            try "local all all trust\nhostssl all all 127.0.0.0/8 scram-sha-256\n"
                .write(toFile: access, atomically: true, encoding: .utf8)
            chmod(key, 0o600)
            if geteuid() == 0, let owner = getpwnam("postgres") { chown(key, owner.pointee.pw_uid, 0) }
            let server = try PostgreSQLServer(options: [
                "-c", "listen_addresses=\(Self.named),\(Self.unnamed)", "-c", "hba_file=\(access)", "-c", "ssl=on",
                "-c", "ssl_cert_file=\(certificate)", "-c", "ssl_key_file=\(key)",
            ])
            defer { server.stop() }
            try await ServerDatabase.with(server) { database in
                let role = try await database.guarded(password: "sesame")
                let file = place.directory + "/password"
                try Data("sesame\n".utf8).write(to: URL(filePath: file))
                chmod(file, 0o600)
                let section = database.section([
                    "hosts": [Self.named], "user": role, "password": ["file": file], "ca": certificate,
                ])
                try await body(place, database, section)
            }
        }
    }

    @Test func `the server's certificate is checked, and the daemon's connections are encrypted`() async throws {
        try await with { place, database, section in
            try place.configure(["store": ["postgresql": section]])
            let checked = try await place.run("check-config")
            #expect(checked.status == 0, "\(checked.errors)")
            let daemon = try await place.startDaemon()
            let encrypted = try await database.execute(
                """
                SELECT bool_and(ssl), count(*) > 1 FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
                WHERE application_name = 'bankrefreshd'
                """)
            #expect(encrypted == "t|t")
            daemon.send(SIGTERM)
            #expect(await daemon.ended() == 0)
        }
    }

    @Test func `what is wrong with the way is told with what mends it`() async throws {
        try await with { place, _, section in
            let cases: [(changes: [String: Any?], exit: Int32, reason: String, remedy: String)] = [
                (["ca": nil], 75, "certificate verify failed", "name the certificate that signed the server's in"),
                (
                    ["hosts": [Self.unnamed]], 75, "does not match host name \"\(Self.unnamed)\"",
                    "write the host in store.postgresql.hosts as its certificate names it"
                ),
                (["ca": "/nonexistent"], 78, "there is no file /nonexistent", "put it there, or name another"),
                (
                    ["ca": nil, "sslmode": "disable"], 77, "no pg_hba.conf entry for host \"127.0.0.1\"",
                    "add a line to pg_hba.conf on the server, such as: hostssl "
                ),
                (["user": "nobody"], 77, "(SQLSTATE 28P01)", "put the right password where"),
            ]
            for (changes, exit, reason, remedy) in cases {
                var section = section
                for (key, value) in changes { section[key] = value }
                try place.configure(["store": ["postgresql": section]])
                let checked = try await place.run("check-config")
                #expect(checked.status == 78)
                #expect(checked.errors.contains(reason) && checked.errors.contains("; \(remedy)"), "\(checked.errors)")
                let run = try await place.run("run")
                #expect(run.status == exit || changes["ca"] as? String != nil, "\(run.errors)")
            }
            var unverified = section
            unverified["ca"] = nil
            unverified["sslmode"] = "require"
            unverified["hosts"] = [Self.unnamed]
            try place.configure(["store": ["postgresql": unverified]])
            let checked = try await place.run("check-config")
            #expect(checked.status == 0, "\(checked.errors)")
        }
    }
}
