import Foundation
import TestSupport
import Testing

/// A database on a PostgreSQL server of the tests, for one test.
struct ServerDatabase {
    let server: PostgreSQLServer
    let name: String

    /// Lends one that is empty; it goes afterwards, with whoever is still connected.
    static func with(
        _ server: PostgreSQLServer? = nil, options: String = "", _ body: (ServerDatabase) async throws -> Void
    ) async throws {
        let name = "commands_" + UUID().uuidString.lowercased().replacing("-", with: "_")
        let database = ServerDatabase(server: try server ?? PostgreSQLServer.shared.get(), name: name)
        try await database.execute("CREATE DATABASE \(name) \(options)", in: "postgres")
        do {
            try await body(database)
        } catch {
            try await database.execute("DROP DATABASE \(name) WITH (FORCE)", in: "postgres")
            throw error
        }
        try await database.execute("DROP DATABASE \(name) WITH (FORCE)", in: "postgres")
    }

    /// What a configuration says of it, with `changes` on top.
    func section(_ changes: [String: Any] = [:]) -> [String: Any] {
        let section: [String: Any] = [
            "hosts": [server.directory], "database": name, "user": PostgreSQLServer.administrator,
        ]
        return section.merging(changes) { _, new in new }
    }

    /// The address as messages have it.
    func place(user: String = PostgreSQLServer.administrator, database: String? = nil) -> String {
        "postgresql://\(user)@\(server.directory)/.s.PGSQL.5432/\(database ?? name)"
    }

    /// Runs statements, and returns the rows of the last, their columns apart by bars.
    @discardableResult
    func execute(_ sql: String, in database: String? = nil) async throws -> String {
        let run = try ProgramRun(
            "/usr/bin/psql",
            [
                "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", server.directory, "-U",
                PostgreSQLServer.administrator, "-d", database ?? name, "-c", sql,
            ], directory: "/tmp")
        let result = await run.result()
        try #require(result.status == 0, "\(sql): \(result.errors)")
        return result.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    /// A role that the server asks for this password.
    func guarded(password: String) async throws -> String {
        let role = PostgreSQLServer.guarded
        try await execute(
            """
            SET password_encryption = 'scram-sha-256';
            DO $$ BEGIN CREATE ROLE \(role) LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
            ALTER ROLE \(role) PASSWORD '\(password)';
            GRANT CREATE ON DATABASE \(name) TO \(role)
            """)
        return role
    }
}
