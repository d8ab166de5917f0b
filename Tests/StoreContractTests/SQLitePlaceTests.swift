import Dispatch
import Foundation
import GRDB
import RefreshCore
import Testing

@testable import SQLiteStore

/// A store that is not where it should be, and one whose form changes.
@Suite struct SQLitePlaceTests {
    private static func open(_ path: String, mustExist: Bool = false) throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: path, version: "1", now: .now, mustExist: mustExist) { _ in }
    }

    @Test(arguments: ["", "-wal", ".lock"])
    func `a store whose file was moved away takes no writes until it is back, and never another`(suffix: String)
        async throws
    {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.add("a")
            let file = path + suffix
            let gone = StoreProblem.displaced(place: path, detail: "\(file) is gone")
            let other = StoreProblem.displaced(place: path, detail: "another file is at \(file)")
            try FileManager.default.moveItem(atPath: file, toPath: directory + "/away")
            await #expect(throws: gone) { try await store.verifyPlace() }
            await #expect(throws: gone) { try await store.add("b") }
            await #expect(throws: gone) { try await store.leaseAll() }
            let answered = try await store.user("a")
            #expect(answered != nil, "what is open answers still")
            try Data(contentsOf: URL(filePath: directory + "/away")).write(to: URL(filePath: file))
            await #expect(throws: other) { try await store.verifyPlace() }
            await #expect(throws: other) { try await store.add("b") }
            #expect(rename(directory + "/away", file) == 0)
            try await store.verifyPlace()
            try await store.add("b")
            try store.close()
            let census = try await Self.open(path).census(now: .now)
            #expect(census.users == 2)
        }
    }

    @Test func `a store that was moved away before anybody read it answers all who ask at once`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let first = try Self.open(path)
            try await first.add("a")
            try first.close()
            // Nothing was asked of it yet.
            let store = try Self.open(path)
            try FileManager.default.moveItem(atPath: path, toPath: directory + "/away")
            // Another store at its path is never read for it.
            try Self.open(directory + "/other").close()
            try FileManager.default.moveItem(atPath: directory + "/other", toPath: path)
            let (began, reader) = AsyncStream<Void>.makeStream()
            let isAnswered = DispatchSemaphore(value: 0)
            // One connection is busy until the other one has answered.
            async let reading: Void = store.read { _ in
                reader.finish()
                isAnswered.wait()
            }
            for await _ in began {}
            let counted = try? await store.census(now: .now).users
            isAnswered.signal()
            try await reading
            #expect(counted == 1)
            try store.close()
        }
    }

    @Test func `a store that must exist is not made, and nothing is left where its disk is missing`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            #expect(throws: StoreProblem.missing(place: path)) { try Self.open(path, mustExist: true) }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == [])
            try Data().write(to: URL(filePath: path))
            #expect(throws: StoreProblem.missing(place: path)) { try Self.open(path, mustExist: true) }
            let first = try Self.open(path)
            #expect(first.isNew)
            try first.close()
            let second = try Self.open(path, mustExist: true)
            #expect(!second.isNew)
        }
    }

    /// As it was before there was a history.
    private static func makeOlder(_ path: String) async throws {
        let queue = try DatabaseQueue(path: path)
        try await queue.write { db in
            try db.execute(
                sql: "DROP TABLE attempts; DROP TABLE tallies; DELETE FROM grdb_migrations WHERE identifier LIKE '3:%'")
        }
        try queue.close()
    }

    @Test func `an upgrade keeps a copy of the store until a later start goes well`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let copy = path + ".before-upgrade"
            let first = try Self.open(path)
            try await first.add("a")
            #expect(!first.wasUpgraded)
            try first.close()
            try await Self.makeOlder(path)
            let upgraded = try Self.open(path)
            #expect(upgraded.wasUpgraded)
            upgraded.removeUpgradeCopy()
            #expect(StoreHeader(path: copy)?.isBackup == true)
            try await upgraded.write { db in
                try db.execute(sql: "INSERT INTO grdb_migrations (identifier) VALUES ('99: of tomorrow')")
            }
            try upgraded.close()
            // To an older program it is a newer store, and the copy is the way back.
            #expect(throws: StoreProblem.newerVersion(place: path, copy: copy)) { try Self.open(path) }
            let file = try FileHandle(forReadingFrom: URL(filePath: copy))
            _ = try StoreRestore(to: path, version: "1").run(
                from: file.fileDescriptor, named: copy, at: .now, verifying: { _ in }, opens: { _ in true })
            let next = try Self.open(path)
            let user = try await next.user("a")
            #expect(user != nil && !next.wasUpgraded)
            next.removeUpgradeCopy()
            #expect(!FileManager.default.fileExists(atPath: copy))
        }
    }

    @Test func `an upgrade without room for the copy is refused, and changes nothing`() async throws {
        try await withTemporaryDirectory { directory in
            try #require(
                mount("tmpfs", directory, "tmpfs", 0, "size=1m") == 0, "this test mounts a small disk: run it as root")
            defer { umount2(directory, Int32(MNT_DETACH)) }
            let path = directory + "/users.sqlite"
            let first = try Self.open(path)
            try await first.put((0..<500).map { try NewUser("user \($0)") })
            try first.close()
            try await Self.makeOlder(path)
            let filler = directory + "/filler"
            let room = Int(StoreFile.size(of: path)) / 2
            let (free, _) = try Self.free(directory)
            try Data(count: free - room).write(to: URL(filePath: filler))
            let before = try Data(contentsOf: URL(filePath: path))
            #expect(throws: StoreProblem.full(place: path + ".before-upgrade")) { try Self.open(path) }
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
            let left = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(!left.contains { $0.contains("upgrade") })
            try FileManager.default.removeItem(atPath: filler)
            #expect(try Self.open(path).wasUpgraded)
        }
    }

    private static func free(_ directory: String) throws -> (bytes: Int, total: Int) {
        var status = statvfs()
        try #require(statvfs(directory, &status) == 0)
        return (Int(status.f_bavail) * Int(status.f_frsize), Int(status.f_blocks) * Int(status.f_frsize))
    }
}
