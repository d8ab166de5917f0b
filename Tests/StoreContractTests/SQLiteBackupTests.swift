import Foundation
import GRDB
import RefreshCore
import Testing

@testable import SQLiteStore

/// Copies of a store that is written to meanwhile.
@Suite struct SQLiteBackupTests {
    private static func open(_ path: String) throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: path, version: "1", now: .now) { _ in }
    }

    private static func count(_ path: String) async throws -> Int {
        let queue = try DatabaseQueue(path: path)
        defer { try? queue.close() }
        return try await queue.read { db in
            #expect(try String.fetchOne(db, sql: "PRAGMA integrity_check") == "ok")
            return try Int.fetchOne(db, sql: "SELECT count(*) FROM users") ?? 0
        }
    }

    @Test func `a backup is as the store was at one moment, whoever writes meanwhile`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.put((0..<3_000).map { try NewUser("first \($0)") })
            let writer = Task {
                var written = 0
                while !Task.isCancelled {
                    // A hundred at once: a backup holds all of them or none.
                    try await store.put((0..<100).map { try NewUser("later \(written) \($0)") })
                    written += 100
                }
                return written
            }
            var counts: [Int] = []
            for number in 0..<6 {
                let backup =
                    number.isMultiple(of: 2)
                    ? try await store.backUp(to: directory + "/\(number)", at: .now, version: "1.2.3")
                    : try await StoreBackups(of: path, version: "1.2.3").backUp(to: directory + "/\(number)", at: .now)
                #expect(backup.mark.takenAt == .now && backup.mark.version == "1.2.3")
                #expect(backup.bytes == StoreFile.size(of: backup.path))
                let count = try await Self.count(backup.path)
                #expect(count == backup.mark.users)
                counts.append(count)
            }
            writer.cancel()
            let written = try await writer.value
            #expect(counts.allSatisfy { $0.isMultiple(of: 100) } && counts == counts.sorted())
            #expect(written > 0)
            let census = try await store.census(now: .now)
            #expect(census.users == 3_000 + written)
        }
    }

    @Test func `a backup is one file, its owner's alone, and replaces an older one whole`() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/users.sqlite")
            try await store.add("a")
            let target = directory + "/backups"
            try BackupDirectory(target, of: store.seed).make()
            for users in 1...2 {
                let backup = try await store.backUp(to: target + "/b", at: .now, version: "1")
                #expect(backup.mark.users == users)
                try await store.add("b")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: target) == ["b"])
            #expect(StoreHeader(path: target + "/b")?.isBackup == true)
            #expect(StoreHeader(path: directory + "/users.sqlite")?.isBackup == false)
            var status = stat()
            #expect(stat(target + "/b", &status) == 0 && status.st_mode & 0o7777 == 0o600)
            #expect(stat(target, &status) == 0 && status.st_mode & 0o7777 == 0o700)
        }
    }

    @Test func `a disk that gets full is told, leaves nothing behind, and the older backup as it was`() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/users.sqlite")
            try await store.put((0..<200).map { try NewUser("early \($0)") })
            let small = directory + "/small"
            try FileManager.default.createDirectory(atPath: small, withIntermediateDirectories: false)
            try #require(
                mount("tmpfs", small, "tmpfs", 0, "size=400k") == 0, "this test mounts a small disk: run it as root")
            defer { umount2(small, Int32(MNT_DETACH)) }
            let target = small + "/b"
            let first = try await store.backUp(to: target, at: .now, version: "1")
            try await store.put((0..<2_000).map { try NewUser("late \($0)") })
            await #expect(throws: BackupFailure.backup(.notWritten(file: target, .full))) {
                try await store.backUp(to: target, at: .later, version: "1")
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: small) == ["b"])
            #expect(try await Self.count(target) == first.mark.users)
        }
    }

    @Test func `a place that takes no backup is told in the words for one, and a store that is gone in its own`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            let none = directory + "/none/b"
            let problem = BackupProblem.notWritten(file: none, .noDirectory)
            await #expect(throws: BackupFailure.backup(problem)) {
                try await store.backUp(to: none, at: .now, version: "1")
            }
            #expect(
                problem.description == "the backup \(none) cannot be written: there is no directory \(directory)/none/")
            #expect(problem.remedy?.hasSuffix("install -d -m 0700 -o bankrefreshd \(directory)/none/") == true)
            #expect(throws: BackupProblem.notWritten(file: directory + "/none/backups", .noDirectory)) {
                try BackupDirectory(directory + "/none/backups", of: store.seed).make()
            }
            try FileManager.default.moveItem(atPath: path, toPath: directory + "/away")
            await #expect(throws: BackupFailure.store(.displaced(place: path, detail: "\(path) is gone"))) {
                try await store.backUp(to: directory + "/b", at: .now, version: "1")
            }
            await #expect(throws: StoreProblem.self) {
                try await StoreBackups(of: path, version: "1").backUp(to: directory + "/b", at: .now)
            }
        }
    }

    @Test func `a backup of another store is not replaced, whatever happens`() async throws {
        try await withTemporaryDirectory { directory in
            let target = directory + "/b"
            let first = try Self.open(directory + "/users.sqlite")
            try await first.add("a")
            _ = try await first.backUp(to: target, at: .now, version: "1")
            // As one that was made by mistake, where the disk of the first was not there.
            let other = try Self.open(directory + "/other.sqlite")
            await #expect(throws: BackupFailure.backup(.ofAnotherStore(file: target))) {
                try await other.backUp(to: target, at: .now, version: "1")
            }
            #expect(try await Self.count(target) == 1)
            let left = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(!left.contains { $0.contains("partial") }, "\(left)")
        }
    }

    @Test func `a backup whose task is cancelled leaves nothing behind`() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/users.sqlite")
            try await store.put((0..<20_000).map { try NewUser("user \($0)") })
            let target = directory + "/b"
            let backup = Task { try await store.backUp(to: target, at: .now, version: "1") }
            backup.cancel()
            await #expect(throws: BackupFailure.cancelled) { try await backup.value }
            let left = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(left.allSatisfy { $0.hasPrefix("users.sqlite") }, "\(left)")
        }
    }

    @Test func `a removal waits for the end of a copy, and the queue for neither`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.put([NewUser("a"), NewUser("b")])
            // As a copy in another process does it.
            let copy = try CopyLock(path: path)
            copy.share()
            let reader = try DatabaseQueue(path: path)
            let (removal, census) = try await reader.read { db in
                let before = try Int.fetchOne(db, sql: "SELECT count(*) FROM users")
                #expect(before == 2)
                return (Task { try await store.remove(UserID("a")) }, before)
            }
            try await store.add("c")
            #expect(census == 2)
            try reader.close()
            copy.release()
            let isGone = try await removal.value
            #expect(isGone)
            #expect(StoreFile.size(of: path + "-wal") == 0)
        }
    }

    @Test func `a store that is closed while somebody copies it keeps its log, and loses nothing`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.add("a")
            let copy = try CopyLock(path: path)
            let reader = try DatabaseQueue(path: path, configuration: Self.readonly)
            copy.share()
            try await reader.writeWithoutTransaction { db in
                try db.execute(sql: "BEGIN")
                _ = try Int.fetchOne(db, sql: "SELECT count(*) FROM users")
                let began = ContinuousClock.now
                try store.close()
                // Not held up for as long as the copy may take.
                #expect(began.duration(to: .now) < .seconds(9))
                try db.execute(sql: "COMMIT")
            }
            try reader.close()
            copy.release()
            let next = try Self.open(path)
            let user = try await next.user("a")
            #expect(user != nil)
        }
    }

    private static var readonly: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        return configuration
    }

    @Test func `of a directory of backups the newest stay, and what is none of them`() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/users.sqlite")
            let backups = BackupDirectory(directory + "/backups", of: store.seed)
            #expect(backups.newest() == nil)
            // Whoever works with another store by mistake leaves these alone.
            let other = BackupDirectory(directory + "/backups", of: ~store.seed)
            try backups.make()
            try backups.make()
            for second in [30, 10, 20, 40] as [Int64] {
                let moment = Timestamp.second(second)
                _ = try await store.backUp(to: backups.file(of: moment), at: moment, version: "1")
            }
            for name in ["mine.sqlite", "store-1999-01-01T00-00-00Z.sqlite"] {
                try Data("other".utf8).write(to: URL(filePath: directory + "/backups/" + name))
            }
            #expect(backups.newest() == .second(40))
            #expect(other.newest() == nil)
            other.prune(keeping: 1, madeAt: .second(40))
            backups.prune(keeping: 2, madeAt: .second(40))
            let left = try FileManager.default.contentsOfDirectory(atPath: directory + "/backups").sorted()
            // One that only looks like a backup by its name is somebody else's.
            #expect(
                left == [
                    "mine.sqlite", "store-1999-01-01T00-00-00Z.sqlite", "store-2030-03-17T17-47-10Z.sqlite",
                    "store-2030-03-17T17-47-20Z.sqlite",
                ])
        }
    }

    @Test(arguments: [(1, [10]), (2, [10, 5]), (3, [10, 5, 200]), (9, [10, 5, 200, 100])])
    func `backups that were made while the clock was ahead do not push out the newest one`(
        keep: Int, stay: [Int64]
    ) async throws {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/users.sqlite")
            let backups = BackupDirectory(directory + "/backups", of: store.seed)
            try backups.make()
            for second in [100, 200, 5, 10] as [Int64] {
                let moment = Timestamp.second(second)
                _ = try await store.backUp(to: backups.file(of: moment), at: moment, version: "1")
            }
            backups.prune(keeping: keep, madeAt: .second(10))
            let left = try FileManager.default.contentsOfDirectory(atPath: directory + "/backups")
            let expected = stay.map { backups.file(of: .second($0)) }
            #expect(Set(left.map { directory + "/backups/" + $0 }) == Set(expected))
        }
    }
}
