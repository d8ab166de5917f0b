import Foundation
import GRDB
import Synchronization
import Testing

@testable import RefreshCore
@testable import SQLiteStore

/// Space that is given back, of a store that is worked with meanwhile and of one that nobody has open.
@Suite struct SQLiteCompactionTests {
    private static let users = 4_000

    private static func open(_ path: String) throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: path, version: "1", now: .now) { _ in }
    }

    /// Users, of whom some are leased, parked, failing or in a group, with six days of history.
    private static func fill(_ store: SQLiteUserStore) async throws {
        try await store.put((0..<users).map { try NewUser("user \($0)", group: $0 % 7 == 0 ? "gold" : nil) })
        for day in Int64(0)..<6 {
            let leased = try await store.leaseAll(limit: users)
            _ = try await store.settle(
                leased.map { leased in
                    var user = leased.user
                    let fails = leased.user.place.rawValue % 5 == 0
                    user.record.failures = fails ? 1 : 0
                    let attempt = AttemptRecord.at(.second(86_400 * day), fails ? .rejected : .refreshed)
                    return Settlement(lease: leased.lease, revision: leased.revision, user: user, attempt: attempt)
                })
        }
        _ = try await store.leaseAll(limit: users / 10)
        for number in 0..<50 {
            _ = try await store.update(UserID("user \(number)")) { user in
                var user = user
                user.state = .parked(.unauthorized, since: .now)
                return user
            }
        }
    }

    /// All that is stored, read as another program would; throws where the file is not whole.
    private static func contents(_ path: String) async throws -> [String: [Row]] {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try queue.read { db in
            #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
            #expect(try Row.fetchAll(db, sql: "PRAGMA foreign_key_check").isEmpty)
            var contents: [String: [Row]] = [:]
            for (table, order) in [
                ("schedule", "place"), ("users", "place"), ("reasons", "place"), ("attempts", "day, place, at"),
                ("tallies", "stretch, outcome"), ("groups", "name"), ("meta", "key"), ("leases", "id"),
            ] {
                contents[table] = try Row.fetchAll(db, sql: "SELECT * FROM \(table) ORDER BY \(order)")
            }
            return contents
        }
    }

    /// Compacts to the end in short steps; returns the marks.
    @discardableResult
    private static func compact(_ store: SQLiteUserStore) async throws -> [String] {
        var marks: [String] = []
        while true {
            let step = try await store.compact(after: marks.last, within: .milliseconds(30))
            #expect((0...1).contains(step.share))
            guard case .after(let mark) = step.next else {
                #expect(step.next == .done)
                return marks
            }
            marks.append(mark)
        }
    }

    /// As stores were made before space could be given back.
    private static func makeOld(_ path: String) throws {
        let queue = try DatabaseQueue(path: path)
        try queue.writeWithoutTransaction { db in
            try db.execute(sql: "PRAGMA journal_mode = DELETE; PRAGMA auto_vacuum = NONE; VACUUM")
            #expect(try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") == 0)
        }
        try queue.close()
    }

    private static func removeMost(of store: SQLiteUserStore) async throws {
        let ids = try (0..<users).filter { $0 % 3 > 0 }.map { try UserID("user \($0)") }
        _ = try await store.remove(ids, unlessAddedSince: nil)
        try await store.sweep()
    }

    @Test func `space of removed users is given back, and who is left is as before`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await Self.fill(store)
            try await Self.removeMost(of: store)
            let before = try await Self.contents(path)
            let sizeBefore = StoreFile.size(of: path)
            try await Self.compact(store)
            let space = try #require(try await store.space())
            #expect(StoreFile.size(of: path) < sizeBefore / 2, "\(StoreFile.size(of: path)) of \(sizeBefore)")
            #expect(space.freeBytes == 0)
            #expect(try await Self.contents(path) == before)
            // Whose lease was taken before is settled after.
            let results = try await store.leaseAll(limit: Self.users).map { $0.settlement() }
            #expect(try await store.settle(results).allSatisfy { $0 == .settled })
        }
    }

    @Test func `space of pruned history is given back`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await Self.fill(store)
            let logged = try #require(try await store.space()).logBytes
            #expect(logged > 0 && logged == StoreFile.size(of: path + "-wal"))
            try await store.truncateLog()
            let full = try #require(try await store.space())
            #expect(full.logBytes == 0)
            let bounds = HistoryBounds(keep: 100, maximumAge: .days(1))
            let removed = try await store.prune(bounds, now: .second(86_400 * 6))
            #expect(removed == Self.users * 5)
            let pruned = try #require(try await store.space())
            #expect(pruned.freeBytes > full.bytes / 8)
            try await Self.compact(store)
            let compacted = try #require(try await store.space())
            #expect(compacted.freeBytes == 0)
            #expect(compacted.bytes < full.bytes - pruned.freeBytes / 2)
        }
    }

    @Test func `calls are settled and users come while a store is compacted`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await Self.fill(store)
            try await Self.removeMost(of: store)
            let isDone = Mutex(false)
            let work = Task {
                var (settled, added) = (0, 0)
                while !isDone.withLock(\.self) {
                    let leased = try await store.leaseAll(limit: 20)
                    let results = try await store.settle(
                        leased.map { $0.settlement(attempt: .at(.second(Int64(settled)))) })
                    #expect(results.allSatisfy { $0 == .settled })
                    settled += results.count
                    try await store.add("new \(added)")
                    added += 1
                }
                return (settled, added)
            }
            let marks = try await Self.compact(store)
            isDone.withLock { $0 = true }
            let (settled, added) = try await work.value
            #expect(!marks.isEmpty && settled > 0 && added > 0)
            let left = (0..<Self.users).count { $0 % 3 == 0 }
            #expect(try await store.census(now: .now).users == left + added)
            let tallied = try await store.attemptTallies(since: .epoch).counts.values.reduce(0, +)
            #expect(tallied == Self.users * 6 + settled)
            let kept = try await Self.contents(path)["attempts"]?.count
            #expect(kept == left * 6 + settled)
        }
    }

    @Test func `what a kill leaves of a compaction is the whole store`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await Self.fill(store)
            try await Self.removeMost(of: store)
            let before = try await Self.contents(path)
            var mark: String?
            var round = 0
            repeat {
                guard case .after(let next) = try await store.compact(after: mark, within: .milliseconds(30)).next
                else { break }
                mark = next
                // The files as they are, with their log: what a process that is killed leaves.
                let left = directory + "/left-\(round).sqlite"
                for suffix in ["", "-wal"] {
                    try FileManager.default.copyItem(atPath: path + suffix, toPath: left + suffix)
                }
                let reopened = try Self.open(left)
                try await Self.compact(reopened)
                try reopened.close()
                #expect(try await Self.contents(left) == before)
                round += 1
            } while round < 4
            #expect(round > 0)
        }
    }

    @Test func `a user that is removed while the store is compacted leaves nothing in the files`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            let marked = try (0..<40).map { _ in try NewUser(UUID().uuidString) }
            try await store.put((0..<Self.users).map { try NewUser("user \($0)") } + marked)
            try await Self.removeMost(of: store)
            let compaction = Task { try await Self.compact(store) }
            for user in marked {
                let isGone = try await store.remove(user.id)
                #expect(isGone)
                try await Task.sleep(for: .milliseconds(5))
            }
            _ = try await compaction.value
            let files = try ["", "-wal"].map { try Data(contentsOf: URL(filePath: path + $0)) }
            for user in marked {
                for part in [Data(user.id.rawValue.utf8), Data(user.token.bytes[8..<40])] {
                    #expect(files.allSatisfy { $0.range(of: part) == nil })
                }
            }
            _ = try await Self.contents(path)
        }
    }

    @Test func `while somebody copies the store nothing is moved, and afterwards it goes on`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await Self.fill(store)
            try await Self.removeMost(of: store)
            let copy = try CopyLock(path: path)
            copy.share()
            let size = StoreFile.size(of: path)
            let first = try await store.compact(after: nil)
            #expect(first.next == .after(CompactionMark.first.text))
            #expect(StoreFile.size(of: path) == size && StoreFile.size(of: path + "-wal") == 0)
            copy.release()
            try await Self.compact(store)
            #expect(StoreFile.size(of: path) < size / 2)
        }
    }

    @Test func `a store that cannot give space back is written anew while nobody has it, and can from then on`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await Self.fill(store)
            try store.close()
            try Self.makeOld(path)
            let old = try Self.open(path)
            #expect(try await old.compact(after: nil).next == .unable)
            try await Self.removeMost(of: old)
            #expect(throws: StoreProblem.heldByAnother(place: path, process: getpid())) {
                try StoreRewrite(of: path).run()
            }
            try old.close()
            let before = try await Self.contents(path)
            let size = StoreFile.size(of: path)
            let (was, now) = try StoreRewrite(of: path).run()
            #expect(was == size && now == StoreFile.size(of: path) && now < size / 2)
            #expect(try await Self.contents(path) == before)
            var status = stat()
            #expect(stat(path, &status) == 0 && status.st_mode & 0o7777 == 0o600)
            let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
            #expect(names == ["users.sqlite", "users.sqlite.lock"])
            let next = try Self.open(path)
            #expect(try await next.census(now: .now).users == Self.users / 3 + 1)
            #expect(try await next.restoration() == nil)
            try await Self.compact(next)
        }
    }

    @Test func `a store that was killed is written anew with what its log holds, and what broke off is taken away`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/users.sqlite")
            try await Self.fill(store)
            let path = directory + "/left.sqlite"
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: store.path + suffix, toPath: path + suffix)
            }
            #expect(StoreFile.size(of: path + "-wal") > 0)
            let before = try await Self.contents(store.path)
            for _ in 0..<2 {
                try Data("half a store".utf8).write(to: URL(filePath: path + ".compacting"))
                _ = try StoreRewrite(of: path).run()
                #expect(try await Self.contents(path) == before)
                #expect(StoreFile.size(of: path + ".compacting") == 0)
            }
            try Data("half a store".utf8).write(to: URL(filePath: path + ".compacting"))
            try Self.open(path).close()
            #expect(access(path + ".compacting", F_OK) != 0)
        }
    }

    @Test func `no store, and one of a newer version, are left as they are`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            try Data("no database at all".utf8).write(to: URL(filePath: path))
            #expect(throws: StoreProblem.self) { try StoreRewrite(of: path).run() }
            #expect(try Data(contentsOf: URL(filePath: path)) == Data("no database at all".utf8))
            #expect(access(path + ".compacting", F_OK) != 0)
        }
    }

    @Test func `a sweep leaves the maps of whose child a page is alone`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/pages.sqlite"
            let queue = try DatabaseQueue(path: path)
            let verdict = try queue.writeWithoutTransaction { db in
                try db.execute(
                    sql: """
                        PRAGMA auto_vacuum = INCREMENTAL;
                        CREATE TABLE first (number INTEGER PRIMARY KEY, content BLOB);
                        CREATE TABLE second (number INTEGER PRIMARY KEY, content BLOB);
                        """)
                // The second map, page 822, then begins like a page of four rows, and its gap would be in its midst.
                for (table, pages) in [("first", 700), ("second", 300)] {
                    try db.execute(
                        sql: """
                            WITH RECURSIVE numbers (number) AS (
                                SELECT 1 UNION ALL SELECT number + 1 FROM numbers LIMIT \(pages))
                            INSERT INTO \(table) SELECT number, randomblob(3000) FROM numbers
                            """)
                }
                let sweeper = try PageSweeper(path: path)
                var page: Int? = 1
                while let next = page { page = try sweeper.sweep(from: next, in: db) }
                return try String.fetchOne(db, sql: "PRAGMA integrity_check(1)")
            }
            #expect(verdict == "ok")
        }
    }

    @Test(arguments: [
        (4_096, [2, 822, 1_642], [1, 3, 821, 823]), (512, [2, 105, 208], [1, 104, 106]),
        // The page of the lock byte lies at 1 GiB, and pushes the map on that would be there.
        (65_536, [2, 13_110], [16_385]),
    ])
    func `the maps of whose child a page is are known by their places`(
        pageSize: Int, maps: [Int], others: [Int]
    ) throws {
        var header = [UInt8](repeating: 0, count: 100)
        header[16] = UInt8(truncatingIfNeeded: pageSize >> 8)
        header[17] = pageSize == 65_536 ? 1 : 0
        #expect(try #require(PageLayout(header: header)).isPointerMap(2) == false)
        header[55] = 4
        let layout = try #require(PageLayout(header: header))
        #expect(maps.allSatisfy(layout.isPointerMap))
        #expect(!others.contains(where: layout.isPointerMap))
    }

    @Test(arguments: [
        ("attempts:20000:77", CompactionMark.attempts(day: 20_000, place: 77)), ("users:-1", .rows(.users, place: -1)),
        ("schedule:5", .rows(.schedule, place: 5)), ("pages", .pages),
    ])
    func `a mark is read as it was written, and what is none begins anew`(text: String, mark: CompactionMark) {
        #expect(CompactionMark(text) == mark)
        #expect(mark.text == text)
        for odd in [text + ":1:2:3", "x" + text, text + ":", ""] { #expect(CompactionMark(odd) == nil) }
    }
}
