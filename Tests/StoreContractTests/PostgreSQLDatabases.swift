import RefreshCore
import Synchronization
import TestSupport

@testable import PostgreSQLStore

/// Databases of the tests' server without our schema, used again: to make one takes longer than to drop a schema.
private final class PostgreSQLDatabases: Sendable {
    static let shared = PostgreSQLDatabases()

    private let state = Mutex((free: [String](), count: 0))

    func take() async throws -> String {
        let (name, isNew) = state.withLock { state in
            if let name = state.free.popLast() { return (name, false) }
            state.count += 1
            return ("test_\(state.count)", true)
        }
        if isNew { try await execute("CREATE DATABASE \(name)", in: "postgres") }
        return name
    }

    func giveBack(_ name: String) async throws {
        // Whoever is still connected has what it would be dropped from under it.
        try await execute("DROP SCHEMA IF EXISTS bankrefreshd CASCADE", in: name)
        state.withLock { $0.free.append(name) }
    }

    private func execute(_ sql: String, in database: String) async throws {
        let connection = PostgreSQLConnection(try .tests(database: database), label: "tests")
        try await connection.perform(until: .now + .seconds(60)) { session in _ = try session.run([Statement(sql)]) }
        await connection.close()
    }
}

/// Lends a database without our schema; one that a test leaves busy is not used again.
func withPostgreSQLDatabase(_ body: (ConnectionSettings) async throws -> Void) async throws {
    let name = try await PostgreSQLDatabases.shared.take()
    try await body(.tests(database: name))
    try await PostgreSQLDatabases.shared.giveBack(name)
}

extension ConnectionSettings {
    /// An opening of the store that takes callers' moments for the present ones.
    func open(
        as name: String = "one", lock: String? = nil, leaseClock: LeaseClock = .caller
    ) async throws -> PostgreSQLUserStore {
        try await PostgreSQLUserStore.open(
            self, name: name, version: "1", lock: lock, leaseClock: leaseClock
        ) { _ in }
    }

    func execute(_ sql: String) async throws {
        let connection = PostgreSQLConnection(self, label: "test")
        try await connection.perform(until: .now + .seconds(30)) { session in _ = try session.run([Statement(sql)]) }
        await connection.close()
    }

    /// The first column of what a statement brings, as texts.
    func rows(_ sql: String) async throws -> [String] {
        let connection = PostgreSQLConnection(self, label: "test")
        defer { Task { await connection.close() } }
        return try await connection.perform(until: .now + .seconds(30)) { session in
            try session.run([Statement(sql)])[0].map { $0.text(0) ?? "NULL" }
        }
    }

    /// Has the server's clock stand at a moment, for all who work with the store of this database.
    func setServerClock(_ moment: Timestamp) async throws {
        try await execute(
            """
            CREATE OR REPLACE FUNCTION bankrefreshd.now_us() RETURNS int8 LANGUAGE sql VOLATILE
                RETURN \(moment.microsecondsSinceEpoch)
            """)
    }
}
