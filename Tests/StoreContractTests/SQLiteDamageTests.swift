import Foundation
import GRDB
import RefreshCore
import SQLiteStore
import Testing

/// A store in which a disk changed what no version writes: an error, and no end of the process.
@Suite struct SQLiteDamageTests {
    /// A store with a parked user, and `value` where a number belongs.
    private static func withDamagedStore(
        _ column: String, _ value: String, _ test: (_ path: String) async throws -> Void
    ) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try SQLiteUserStore.open(path: path, version: "1", now: .now) { _ in }
            try await store.add("a", .parked(.forbidden, since: .now))
            try store.close()
            // A table that is strict takes no such value.
            try Self.write("UPDATE sqlite_master SET sql = replace(sql, ' STRICT', '') WHERE name = 'schedule'", path)
            try Self.write("UPDATE schedule SET \(column) = \(value)", path)
            try await test(path)
        }
    }

    private static func write(_ sql: String, _ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.inDatabase { db in try db.execute(sql: "PRAGMA writable_schema = ON; \(sql)") }
        try queue.close()
    }

    private static let values = ["'text'", "x'00ff'", "9223372036854775807"]

    @Test(arguments: values) func `an examination tells a state that is none`(value: String) async throws {
        try await Self.withDamagedStore("state", value) { path in
            #expect(throws: StoreProblem.self) {
                try StoreExamination.examine(path, verifying: { _ in }, opens: { _ in true })
            }
        }
    }

    @Test func `an examination tells damage that no reading of users meets`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try SQLiteUserStore.open(path: path, version: "1", now: .now) { _ in }
            try await store.add("a", .parked(.forbidden, since: .now))
            try store.close()
            func examine() throws -> StoreExamination {
                try StoreExamination.examine(path, verifying: { _ in }, opens: { _ in true })
            }
            #expect(try examine().damage.isEmpty)
            // How many pages are free. Source: the database file format of SQLite, 1.3.
            var bytes = try Data(contentsOf: URL(filePath: path))
            bytes[39] ^= 1
            try bytes.write(to: URL(filePath: path))
            let found = try examine()
            #expect(found.damage.count == 1 && found.damage[0].contains("reelist"), "\(found.damage)")
            #expect(found.users == [.parked: 1] && found.unopened.count == 0)
        }
    }

    @Test(arguments: values) func `a count of users tells a reason to park that is none`(value: String) async throws {
        try await Self.withDamagedStore("park_reason", value) { path in
            let store = try SQLiteUserStore.open(path: path, version: "1", now: .now) { _ in }
            await #expect(throws: StoreProblem.self) { try await store.census(now: .now) }
            try store.close()
        }
    }
}
