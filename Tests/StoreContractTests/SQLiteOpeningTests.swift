import Foundation
import GRDB
import RefreshCore
import Testing

@testable import SQLiteStore

/// What can be wrong with the file, and what is said of it.
@Suite struct SQLiteOpeningTests {
    private static func open(
        _ path: String,
        verifying verify: (StoreMarks) throws(StoreProblem) -> Void = { _ in }
    ) throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: path, version: "1", now: .now, verifying: verify)
    }

    private static func problem(at path: String) throws -> StoreProblem {
        try #require(throws: StoreProblem.self) { try Self.open(path) }
    }

    @Test func `a store of a newer version is refused and left as it is`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.add("a")
            try await store.write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99: of tomorrow')")
            }
            try store.close()
            let before = try Data(contentsOf: URL(filePath: path))
            let problem = try Self.problem(at: path)
            #expect(problem == .newerVersion(place: path))
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test func `a store made before there was a history keeps its users and gets one`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            let user = try await store.add("a")
            try await store.write { db in
                try db.execute(
                    sql: """
                        DROP TABLE attempts; DROP TABLE tallies;
                        DELETE FROM grdb_migrations WHERE identifier LIKE '3:%'
                        """)
            }
            try store.close()
            let next = try Self.open(path)
            let kept = try await next.user("a")
            #expect(kept == user)
            try await next.settle(.at(.now), of: "a")
            let history = try await next.history(of: user.id, before: nil, limit: 10)
            #expect(history == [.at(.now)])
        }
    }

    @Test func `after an older version worked with the store only its own moment is true of the clock mark`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/users.sqlite")
            let mark = ClockMark(
                reading: ClockReading(wall: .second(1), sinceBoot: .hours(3)),
                boot: BootID(String(repeating: "1", count: 32)), longestGap: .hours(2), isMoving: true,
                ahead: .hours(1))
            try await store.setClockMark(mark)
            try await store.write { db in
                try Meta.set(.lastSeen, to: Timestamp.second(500).microsecondsSinceEpoch, in: db)
            }
            let found = try #require(try await store.clockMark())
            #expect(found.reading.wall == .second(500))
            #expect(found.boot == nil)
            #expect(found.longestGap == .hours(2))
            #expect(!found.isMoving)
            #expect(found.ahead == .zero)
        }
    }

    @Test func `a store made before calls could be refused keeps its users, whatever they were parked for`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            let user = try await store.add("a")
            try await store.add("b", .parked(.forbidden, since: .now))
            try await store.write { db in
                // A reason that was once foreseen.
                try db.execute(
                    sql: """
                        DROP INDEX schedule_refused;
                        ALTER TABLE schedule DROP COLUMN refused_status;
                        ALTER TABLE schedule DROP COLUMN refused_turns;
                        ALTER TABLE schedule DROP COLUMN refused_until;
                        UPDATE schedule SET park_reason = 3 WHERE park_reason = 2;
                        DELETE FROM grdb_migrations WHERE identifier LIKE '4:%'
                        """)
            }
            try store.close()
            let next = try Self.open(path)
            let kept = try await next.user("a")
            #expect(kept == user)
            let parked = try await next.user("b")
            #expect(parked?.state == .parked(.forbidden, since: .now))
            let count = try await next.refusalCount(parkedSince: .second(-60))
            #expect(count == RefusalCount(refused: 0, users: 2))
        }
    }

    @Test(arguments: [
        "no database at all", String(repeating: "text ", count: 5_000), "SQLite format 3\0 and then?",
    ])
    func `a file that is no database is refused and left as it is`(text: String) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            try Data(text.utf8).write(to: URL(filePath: path))
            let problem = try Self.problem(at: path)
            guard case .notAStore(place: path, detail: _) = problem else {
                Issue.record("\(problem)")
                return
            }
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(text.utf8))
        }
    }

    @Test(arguments: [0, 77] as [Int64])
    func `another program's database is refused and left as it is`(applicationID: Int64) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let queue = try DatabaseQueue(path: path)
            try await queue.write { db in
                try db.execute(
                    sql: "PRAGMA application_id = \(applicationID); CREATE TABLE things (name TEXT)"
                )
            }
            try queue.close()
            let before = try Data(contentsOf: URL(filePath: path))
            let expected = StoreProblem.notAStore(
                place: path,
                detail: "it is the database of another program"
            )
            let problem = try Self.problem(at: path)
            #expect(problem == expected)
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test func `a damaged store is called one`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.put((0..<500).map { try NewUser("user \($0)") })
            try store.close()
            var bytes = try Data(contentsOf: URL(filePath: path))
            for offset in 4_096..<bytes.count { bytes[offset] = 0xA5 }
            try bytes.write(to: URL(filePath: path))
            let problem = try Self.problem(at: path)
            guard case .notAStore(place: path, detail: _) = problem else {
                Issue.record("\(problem)")
                return
            }
        }
    }

    @Test func `a store whose making was broken off is made`() async throws {
        try await withTemporaryDirectory { directory in
            let empty = directory + "/empty.sqlite"
            try Data().write(to: URL(filePath: empty))
            let headerOnly = directory + "/header.sqlite"
            try DatabasePool(path: headerOnly).close()
            #expect(try Data(contentsOf: URL(filePath: headerOnly)).count > 0)
            for path in [empty, headerOnly] {
                let user = try await Self.open(path).add("a")
                #expect(user.tokenVersion == 1)
            }
        }
    }

    @Test func `a directory that is missing is named`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/missing/users.sqlite"
            let detail = path + ".lock: No such file or directory"
            let problem = try Self.problem(at: path)
            #expect(problem == .unreachable(place: path, detail: detail))
        }
    }

    @Test func `a directory in place of the file is named`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            let problem = try Self.problem(at: path)
            #expect(problem == .notAStore(place: path, detail: path + " is a directory"))
        }
    }

    @Test func `a directory that may not be written is not allowed`() async throws {
        try await withTemporaryDirectory { directory in
            #expect(chmod(directory, 0o555) == 0)
            // In a process of its own, which gives up root's right to write everywhere.
            await #expect(processExitsWith: .success) { [directory = directory as String] in
                if geteuid() == 0 { try #require(setgid(65_534) == 0 && setuid(65_534) == 0) }
                let path = directory + "/users.sqlite"
                let detail = path + ".lock: Permission denied"
                let problem = try Self.problem(at: path)
                guard problem == .notAllowed(place: path, detail: detail) else { exit(1) }
            }
        }
    }

    @Test func `a file that may not be written is not allowed`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            try Self.open(path).close()
            #expect(
                chmod(directory, 0o777) == 0 && chmod(path + ".lock", 0o666) == 0 && chmod(path, 0o444) == 0
            )
            await #expect(processExitsWith: .success) { [path = path as String] in
                if geteuid() == 0 { try #require(setgid(65_534) == 0 && setuid(65_534) == 0) }
                let detail = path + ": Permission denied"
                let problem = try Self.problem(at: path)
                guard problem == .notAllowed(place: path, detail: detail) else { exit(1) }
            }
        }
    }

    @Test(arguments: [0, 0o777] as [mode_t])
    func `only its owner may read the store, whatever the umask`(mask: mode_t) async throws {
        try await withTemporaryDirectory { directory in
            await #expect(processExitsWith: .success) {
                [directory = directory as String, mask = mask as mode_t] in
                umask(mask)
                let path = directory + "/users.sqlite"
                let store = try Self.open(path)
                try await store.add("a")
                for file in [path, path + "-wal", path + "-shm", path + ".lock"] {
                    var status = stat()
                    guard stat(file, &status) == 0, status.st_mode & 0o7777 == 0o600 else { exit(1) }
                }
                try store.close()
            }
        }
    }

    @Test func `a key that does not fit changes nothing`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let check = SealedToken.random()
            let store = try SQLiteUserStore.open(path: path, version: "1", now: .now) { _ throws(StoreProblem) in
                throw .unreachable(place: path, detail: "a new store has no key to check")
            }
            _ = try await store.setKeyChecks([check], replacing: [])
            try await store.setEnvironment("https://one.example/rest")
            try store.close()

            let before = try Data(contentsOf: URL(filePath: path))
            let refusal = StoreProblem.keyDoesNotFit(place: path, sealedWith: "one", atHand: ["another"])
            var seen: [StoreMarks] = []
            #expect(throws: refusal) {
                try Self.open(path) { found throws(StoreProblem) in
                    seen.append(found)
                    throw refusal
                }
            }
            #expect(seen == [StoreMarks(keyChecks: [check], environment: "https://one.example/rest")])
            #expect(try Data(contentsOf: URL(filePath: path)) == before)

            let next = try Self.open(path)
            let kept = try await next.marks()
            #expect(kept == seen.first)
        }
    }
}
