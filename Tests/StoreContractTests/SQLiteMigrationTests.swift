import Foundation
import GRDB
import RefreshCore
import Testing

@testable import SQLiteStore

/// A store whose users were leased one by one becomes one whose leases are rows of their own.
@Suite struct SQLiteMigrationTests {
    private static let users = 3_000

    private static func open(_ path: String) throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: path, version: "1", now: .now) { _ in }
    }

    /// As the version before would have left it when it was killed: 200 are called, 50 since later, 30 are renewed.
    private static func makeOlder(_ path: String) throws {
        let pool = try DatabasePool(path: path)
        try pool.writeWithoutTransaction { db in try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL; VACUUM") }
        try Migrations.migrator(version: "1").migrate(pool, upTo: "5: sizes of groups")
        try pool.write { db in
            for number in 0..<users {
                let place = Int64(number) * 1_000_003
                let isParked = number % 10 == 9
                try db.execute(
                    sql: """
                        INSERT INTO schedule (place, due, state, park_reason, since, revision, slot, failures,
                            outage_tries, outage_waits, reached_at, day, attempts_today, last_success, failing_since,
                            attempted_at, attempt_outcome, attempt_status, refused_status, refused_turns, refused_until)
                        VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, 20000, 1, ?, NULL, ?, 1, 200, NULL, NULL, NULL)
                        """,
                    arguments: [
                        place, isParked ? nil : Timestamp.second(Int64(number % 700) - 600).microsecondsSinceEpoch,
                        isParked ? 2 : 0, isParked ? 2 : nil,
                        isParked ? Timestamp.second(-9).microsecondsSinceEpoch : nil, number % 4,
                        Timestamp.now.microsecondsSinceEpoch, number % 3, number, number + 1, number + 2,
                    ])
                try db.execute(
                    sql: "INSERT INTO users (place, id, token, token_version, group_name) VALUES (?, ?, x'0102', 1, ?)",
                    arguments: [place, "user \(number)", number % 7 == 0 ? "gold" : nil])
                if isParked {
                    try db.execute(sql: "INSERT INTO reasons (place, text) VALUES (?, 'no')", arguments: [place])
                }
            }
            for (range, second, leasedFor) in [(0..<200, 1, nil), (200..<250, 2, nil), (250..<280, 2, 1)]
                as [(Range<Int>, Int64, Int?)]
            {
                let base = Int64.min / 2 + second
                try db.execute(
                    sql: """
                        UPDATE schedule SET lease_id = place + ?, lease_until = ?, leased_at = ?, holder = 77, leased_for = ?
                        WHERE place BETWEEN ? AND ?
                        """,
                    arguments: [
                        base, Timestamp.later.microsecondsSinceEpoch, Timestamp.second(second).microsecondsSinceEpoch,
                        leasedFor, range.lowerBound * 1_000_003, (range.upperBound - 1) * 1_000_003,
                    ])
            }
            try Meta.set(.users, to: users, in: db)
        }
        try pool.close()
    }

    /// All that stays the same, read as another program would; throws where the file is not whole.
    private static func contents(_ path: String) throws -> [[Row]] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { db in
            #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
            #expect(try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").isEmpty)
            return try [
                "SELECT place, revision, \(ScheduleRow.columns.joined(separator: ", ")) FROM schedule ORDER BY place",
                "SELECT * FROM users ORDER BY place", "SELECT * FROM reasons ORDER BY place",
                "SELECT * FROM groups ORDER BY name",
            ].map { try Row.fetchAll(db, sql: $0) }
        }
    }

    /// Throws nothing away, and knows who was leased: when, and for what.
    private static func check(_ path: String, keeps before: [[Row]]) async throws {
        let store = try open(path)
        #expect(store.wasUpgraded)
        let lost = try await store.recoverLeases(now: .second(400), until: .second(700), limit: 1_000)
        #expect(lost.count == 280)
        #expect(lost.count { $0.leasedAt == .second(1) && $0.isForCall } == 200)
        #expect(lost.count { $0.leasedAt == .second(2) && $0.isForCall } == 50)
        #expect(lost.count { $0.leasedAt == .second(2) && !$0.isForCall } == 30)
        #expect(
            lost.allSatisfy { lost in
                let number = lost.leased.user.place.rawValue / 1_000_003
                return lost.leased.user.id.rawValue == "user \(number)" && (number < 250) == lost.isForCall
            })
        try await store.release(lost.map(\.leased.lease))
        try store.close()
        #expect(try contents(path) == before)
        // What users refer to is the new table.
        let next = try open(path)
        let gone = try await next.remove(UserID("user 0"))
        #expect(gone)
        let leased = try await next.leaseAll(limit: 10_000)
        #expect(!leased.isEmpty && leased.allSatisfy { $0.user.state.due ?? .distantFuture <= .now })
        let results = try await next.settle(leased.map { $0.settlement() })
        #expect(results.allSatisfy { $0 == .settled })
        let census = try await next.census(now: .now)
        #expect(census.users == users - 1 && census.leased == 0 && census.overdue == 0)
        try next.close()
    }

    @Test func `an upgrade keeps every row, and takes up what was leased`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            try Self.makeOlder(path)
            try await Self.check(path, keeps: try Self.contents(path))
        }
    }

    /// The kernel ends the process when the log is to grow beyond a size: early, half way and just before the commit.
    @Test(arguments: [10, 25, 50, 75, 99])
    func `an upgrade that is killed in the middle is done by the next start`(share: Int) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            try Self.makeOlder(path)
            let before = try Self.contents(path)
            try FileManager.default.copyItem(atPath: path, toPath: path + ".copy")
            let size = try Self.upgrade(path + ".copy") * share / 100
            await #expect(processExitsWith: .signal(SIGXFSZ)) { [path = path as String, size = size as Int] in
                // Threads of Dispatch hold it back, and the write would fail instead.
                var signals = sigset_t()
                sigemptyset(&signals)
                sigaddset(&signals, SIGXFSZ)
                pthread_sigmask(SIG_UNBLOCK, &signals, nil)
                var limit = rlimit(rlim_cur: UInt(size), rlim_max: UInt(size))
                guard setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0 else { exit(1) }
                _ = try Self.upgrade(path)
            }
            #expect(StoreFile.size(of: path + "-wal") > 0)
            try await Self.check(path, keeps: before)
        }
    }

    /// Returns the size of the log that it leaves.
    private static func upgrade(_ path: String) throws -> Int {
        var configuration = GRDB.Configuration()
        configuration.prepareDatabase { db in
            // What is changed goes to the log at once, in pieces, and stays there.
            try db.execute(sql: "PRAGMA cache_size = 10; PRAGMA wal_autocheckpoint = 0")
        }
        let pool = try DatabasePool(path: path, configuration: configuration)
        try Migrations.migrator(version: "1").migrate(pool)
        return Int(StoreFile.size(of: path + "-wal"))
    }

    @Test func `the copy of a store stays in the old form if its upgrade is interrupted`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let copy = path + ".before-upgrade"
            let first = "1: users and their schedule"
            try Self.migrate(path, upTo: first) { db in
                try Meta.set(.lastSeen, to: Timestamp.second(5).microsecondsSinceEpoch, in: db)
                try db.execute(
                    sql: """
                        INSERT INTO schedule (place, state, slot, failures, outage_tries, outage_waits, day,
                            attempts_today) VALUES (7, 0, 0, 0, 0, 0, 0, 0);
                        INSERT INTO users (place, id, token, token_version) VALUES (7, 'a', x'0102', 1);
                        """)
            }
            #expect(try UpgradeCopy.makeIfNeeded(of: path, at: .second(10), version: "1"))
            #expect(try Self.migrations(of: copy) == [first])
            // The first start was killed here, and the second one goes on.
            try Self.migrate(path, upTo: "5: sizes of groups")
            #expect(try UpgradeCopy.makeIfNeeded(of: path, at: .second(20), version: "1"))
            #expect(try Self.migrations(of: copy) == [first])
            #expect(StoreHeader(path: copy)?.isBackup == true)
            // A store that was used since has newer data than the copy.
            try Self.migrate(path, upTo: "5: sizes of groups") { db in
                try Meta.set(.lastSeen, to: Timestamp.second(30).microsecondsSinceEpoch, in: db)
            }
            #expect(try UpgradeCopy.makeIfNeeded(of: path, at: .second(40), version: "1"))
            #expect(try Self.migrations(of: copy).count == 5)
        }
    }

    /// Migrates a store up to a migration, as an upgrade does that is interrupted after it.
    private static func migrate(
        _ path: String, upTo migration: String, then change: (Database) throws -> Void = { _ in }
    ) throws {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        try Migrations.migrator(version: "1").migrate(queue, upTo: migration)
        try queue.write { db in try change(db) }
    }

    private static func migrations(of path: String) throws -> [String] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { db in
            try String.fetchAll(db, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
        }
    }
}
