import Foundation
import GRDB
import RefreshCore
import Testing

@testable import SQLiteStore

/// What becomes of a backup that takes the place of a store.
@Suite struct SQLiteRestoreTests {
    private static func open(_ path: String, now: Timestamp = .now) throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: path, version: "1", now: now) { _ in }
    }

    private static func restore(_ backup: String, to path: String, at now: Timestamp) throws -> StoreRestore.Result {
        let file = try FileHandle(forReadingFrom: URL(filePath: backup))
        return try StoreRestore(to: path, version: "1").run(
            from: file.fileDescriptor, named: backup, at: now, verifying: { _ in }, opens: { _ in true })
    }

    private static func copy(_ file: String, over target: String) throws {
        try Data(contentsOf: URL(filePath: file)).write(to: URL(filePath: target))
    }

    /// Notes a call of each of these users as the daemon does.
    private static func call(_ ids: [String], at moment: Timestamp, in store: SQLiteUserStore) async throws {
        for id in ids {
            let leased = try await store.lease(UserID(id), now: moment, until: .later).get()
            var user = leased.user
            user.record.reachedAt = moment
            user.record.day = moment.day
            user.record.attemptsToday += 1
            let settlement = Settlement(
                lease: leased.lease, revision: leased.revision, user: user, attempt: .at(moment))
            #expect(try await store.settle([settlement]) == [.settled])
        }
    }

    // MARK: By hand

    @Test func `everybody in a backup that was copied over the store counts as called when it is opened`() async throws
    {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let first = try Self.open(path)
            try await first.put([NewUser("a"), NewUser("b")])
            try await Self.call(["b"], at: .second(5), in: first)
            _ = try await first.backUp(to: directory + "/backup", at: .second(10), version: "1")
            try first.close()
            try Self.copy(directory + "/backup", over: path)

            let second = try Self.open(path, now: .second(100))
            let expected = StoreRestoration(takenAt: .second(10), restoredAt: .second(100))
            let restoration = try await second.restoration()
            #expect(restoration == expected)
            for id in ["a", "b"] {
                let user = try await second.user(id)
                #expect(user?.record.reachedAt == .second(100))
            }
            try second.close()
            // Once: the next start finds a store like any other.
            let third = try Self.open(path, now: .second(900))
            let kept = try await third.restoration()
            let user = try await third.user("a")
            #expect(kept == expected && user?.record.reachedAt == .second(100))
            #expect(StoreHeader(path: directory + "/backup")?.isBackup == true)
        }
    }

    @Test func `a store that was exchanged for an older copy of itself is known for one`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let first = try Self.open(path)
            try await first.add("a")
            try await first.setLastSeen(.second(1))
            try first.close()
            try Self.copy(path, over: directory + "/copy")
            let second = try Self.open(path)
            let untouched = try await second.restoration()
            #expect(untouched == nil)
            try await second.setLastSeen(.second(50))
            try second.close()

            try Self.copy(directory + "/copy", over: path)
            let third = try Self.open(path, now: .second(100))
            let restoration = try await third.restoration()
            #expect(restoration == StoreRestoration(takenAt: .second(1), restoredAt: .second(100)))
            let user = try await third.user("a")
            #expect(user?.record.reachedAt == .second(100))
        }
    }

    @Test(arguments: [false, true])
    func `a log of the store before is told, with the files to remove`(isMarked: Bool) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            await #expect(processExitsWith: .signal(SIGKILL)) { [directory = directory as String] in
                let store = try Self.open(directory + "/users.sqlite")
                try await store.put((0..<100).map { try NewUser("user \($0)") })
                _ = try await store.backUp(to: directory + "/backup", at: .now, version: "1")
                try await store.put((0..<100).map { try NewUser("later \($0)") })
                kill(getpid(), SIGKILL)
            }
            if isMarked { try Self.copy(directory + "/backup", over: path) }
            let log = try Data(contentsOf: URL(filePath: path + "-wal"))
            try #require(!log.isEmpty)
            guard isMarked else {
                // After a crash alone the log is the store's own.
                let census = try await Self.open(path).census(now: .now)
                return #expect(census.users == 200)
            }
            let expected = StoreProblem.leftoverFiles(place: path, files: [path + "-wal", path + "-shm"])
            #expect(throws: expected) { try Self.open(path) }
            #expect(throws: expected) { try SQLiteUserStore.marks(path: path) }
            #expect(throws: expected) { try StoreHeader.checkLeftovers(beside: path) }
            #expect(try Data(contentsOf: URL(filePath: path + "-wal")) == log)
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: directory + "/backup")))
            for file in expected.leftovers { try FileManager.default.removeItem(atPath: file) }
            let store = try Self.open(path, now: .second(9))
            let census = try await store.census(now: .now)
            let restoration = try await store.restoration()
            #expect(census.users == 100 && restoration?.restoredAt == .second(9))
        }
    }

    // MARK: By command

    @Test func `takes over when users were called since, and who was parked, paused or removed`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            let names = ["called", "still", "parked", "renewed", "paused", "removed", "under way"]
            let users = try names.map { try NewUser($0) }
            try await store.put(users)
            try await store.setLastSeen(.second(1))
            _ = try await store.backUp(to: directory + "/backup", at: .second(10), version: "1")
            try await Self.call(["called", "removed"], at: .second(20), in: store)
            try await store.put([NewUser("added"), NewUser("renewed")])
            for id in ["parked", "renewed"] {
                _ = try await store.update(UserID(id)) { $0.with(state: .parked(.unauthorized, since: .second(30))) }
            }
            _ = try await store.update(UserID("paused")) { $0.with(state: .paused(nil)) }
            _ = try await store.remove(UserID("removed"))
            try await store.setFleetPause(FleetPause(until: nil, reason: "night"))
            try await store.setLastSeen(.second(40))
            _ = try await store.lease(UserID("under way"), now: .second(45), until: .later).get()
            try store.close()

            let result = try Self.restore(directory + "/backup", to: path, at: .second(100))
            var expected = TakenOver()
            (expected.users, expected.removed, expected.added) = (6, 1, 1)
            (expected.firstRemoved, expected.firstAdded) = ([try UserID("removed")], [try UserID("added")])
            #expect(result.earlier == .takenOver(expected))
            #expect(result.users == 7)
            let kept = try #require(result.kept)
            #expect(try await Self.open(kept).user("added") != nil)

            let next = try Self.open(path, now: .second(200))
            let restoration = try await next.restoration()
            #expect(
                restoration
                    == StoreRestoration(takenAt: .second(10), restoredAt: .second(100), isTakenOver: true))
            var found: [String: User] = [:]
            for name in names + ["added"] { found[name] = try await next.user(name) }
            #expect(found["called"]?.record.reachedAt == .second(20))
            #expect(found["called"]?.record.attemptsToday == 1)
            let history = try await next.history(of: UserID("called"), before: nil, limit: 10)
            #expect(history == [.at(.second(20))])
            #expect(found["still"]?.record.reachedAt == nil && found["still"]?.state == .scheduled(due: .now))
            #expect(found["parked"]?.state == .parked(.unauthorized, since: .second(30)))
            // Its token is another: what was refused is not in the store any more.
            #expect(found["renewed"]?.state == .scheduled(due: .now))
            #expect(found["paused"]?.state == .paused(nil))
            #expect(found["removed"]?.state == .paused(nil))
            // When it was called, and how often, went with it.
            #expect(found["removed"]?.record.reachedAt == .second(100))
            #expect(found["under way"]?.record.reachedAt == .second(100))
            #expect(found["added"] == nil)
            let pause = try await next.fleetPause()
            #expect(pause?.reason == "night")
            let lost = try await next.recoverLeases(now: .now, until: .later, limit: 10)
            #expect(lost.isEmpty)
            let leased = try await next.leaseAll()
            #expect(leased.first { $0.user.id.rawValue == "renewed" }?.token == users[3].token)
        }
    }

    @Test func `who was parked stays so although the key was changed since the backup`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.put([try NewUser("parked")])
            _ = try await store.backUp(to: directory + "/backup", at: .second(10), version: "1")
            _ = try await store.update(UserID("parked")) { $0.with(state: .parked(.forbidden, since: .second(30))) }
            let sealed = try await store.sealedTexts(after: nil, limit: 10)
            let changed = sealed.map { (old: $0, new: SealedToken(bytes: $0.sealed.bytes.reversed())) }
            #expect(try await store.reseal(changed) == sealed.count)
            try await store.setLastSeen(.second(40))
            try store.close()
            _ = try Self.restore(directory + "/backup", to: path, at: .second(100))
            let next = try Self.open(path, now: .second(200))
            #expect(try await next.user("parked")?.state == .parked(.forbidden, since: .second(30)))
        }
    }

    @Test(arguments: ["damaged", "another", "older", "a backup", "none"])
    func `holds everybody where the store before cannot tell`(kind: String) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.put([NewUser("a"), NewUser("b")])
            try await store.setLastSeen(.second(1))
            _ = try await store.backUp(to: directory + "/older", at: .second(5), version: "1")
            try await store.setLastSeen(.second(9))
            _ = try await store.backUp(to: directory + "/backup", at: .second(10), version: "1")
            try store.close()
            switch kind {
            case "damaged":
                var bytes = try Data(contentsOf: URL(filePath: path))
                for offset in 4_096..<bytes.count { bytes[offset] = 0xA5 }
                try bytes.write(to: URL(filePath: path))
            case "another":
                try FileManager.default.removeItem(atPath: path)
                let other = try Self.open(path)
                try await other.add("a")
                try other.close()
            case "older":
                try Self.copy(directory + "/older", over: path)
                try Self.open(path).close()
            case "a backup": try Self.copy(directory + "/backup", over: path)
            default: try FileManager.default.removeItem(atPath: path)
            }
            let result = try Self.restore(directory + "/backup", to: path, at: .second(100))
            #expect(!result.restoration.isTakenOver)
            #expect((result.kept == nil) == (kind == "none"))
            if let kept = result.kept { #expect(FileManager.default.fileExists(atPath: kept)) }
            let next = try Self.open(path, now: .second(200))
            for id in ["a", "b"] {
                let user = try await next.user(id)
                #expect(user?.record.reachedAt == .second(100) && user?.state == .scheduled(due: .now))
            }
            let restoration = try await next.restoration()
            #expect(restoration == StoreRestoration(takenAt: .second(10), restoredAt: .second(100)))
        }
    }

    @Test func `two restores within a second keep the store before each`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.add("a")
            _ = try await store.backUp(to: directory + "/backup", at: .now, version: "1")
            try await store.add("b")
            try store.close()
            let kept = try (0..<3).compactMap { _ in
                try Self.restore(directory + "/backup", to: path, at: .second(100)).kept
            }
            let name = path + ".before-restore-2030-03-17T17-48-20Z"
            #expect(kept == [name, name + "-2", name + "-3"])
            let first = try await Self.open(name).census(now: .now).users
            #expect(first == 2)
        }
    }

    @Test func `a restore whose exchange of the files fails leaves the store before, with its log`() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/other.sqlite")
            try await store.add("a")
            _ = try await store.backUp(to: directory + "/backup", at: .now, version: "1")
            try store.close()
            // The name to keep is not too long, and that of the log beside it is.
            let path = directory + "/" + String(repeating: "s", count: 217)
            try Self.copy(directory + "/backup", over: path)
            try Data("log".utf8).write(to: URL(filePath: path + "-wal"))
            try Data().write(to: URL(filePath: path + ".lock"))
            let before = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(throws: StoreProblem.self) { try Self.restore(directory + "/backup", to: path, at: .second(100)) }
            #expect(try Data(contentsOf: URL(filePath: path)) == Data(contentsOf: URL(filePath: directory + "/backup")))
            #expect(try Data(contentsOf: URL(filePath: path + "-wal")) == Data("log".utf8))
            #expect(try Set(FileManager.default.contentsOfDirectory(atPath: directory)) == Set(before))
            try FileManager.default.removeItem(atPath: path + "-wal")
            #expect(try Self.restore(directory + "/backup", to: path, at: .second(100)).users == 1)
        }
    }

    @Test func `a backup with tokens that do not open is taken where that is allowed, and says whose they are`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.put((0..<30).map { try NewUser("user \($0)") })
            _ = try await store.backUp(to: directory + "/backup", at: .now, version: "1")
            try store.close()
            let file = try FileHandle(forReadingFrom: URL(filePath: directory + "/backup"))
            let result = try StoreRestore(to: path, version: "1").run(
                from: file.fileDescriptor, named: "x", at: .now, allowsUnopened: true, verifying: { _ in },
                opens: { $0.id.rawValue == "user 1" })
            #expect(result.users == 30 && result.unopened.count == 29 && result.unopened.first.count == 10)
        }
    }

    @Test func `what cannot be restored leaves the store as it was`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.put((0..<500).map { try NewUser("user \($0)") })
            _ = try await store.backUp(to: directory + "/backup", at: .now, version: "1")
            #expect(throws: StoreProblem.heldByAnother(place: path, process: getpid())) {
                try Self.restore(directory + "/backup", to: path, at: .now)
            }
            try store.close()
            let before = try Data(contentsOf: URL(filePath: path))
            var damaged = try Data(contentsOf: URL(filePath: directory + "/backup"))
            for offset in 8_192..<20_000 { damaged[offset] = 0x5A }
            try damaged.write(to: URL(filePath: directory + "/damaged"))
            try Data("no database\n".utf8).write(to: URL(filePath: directory + "/text"))
            for file in ["damaged", "text"] {
                let problem = #expect(throws: StoreProblem.self) {
                    try Self.restore(directory + "/" + file, to: path, at: .now)
                }
                if case .notAStore? = problem {} else { Issue.record("\(String(describing: problem))") }
            }
            let refusal = StoreProblem.keyDoesNotFit(place: "x", sealedWith: "a", atHand: [])
            let file = try FileHandle(forReadingFrom: URL(filePath: directory + "/backup"))
            #expect(throws: refusal) {
                try StoreRestore(to: path, version: "1").run(
                    from: file.fileDescriptor, named: "x", at: .now,
                    verifying: { _ throws(StoreProblem) in throw refusal }, opens: { _ in true })
            }
            let closed = BackupProblem.tokensDoNotOpen(
                file: "x", count: 2, first: [try UserID("user 17"), try UserID("user 170")])
            let problem = #expect(throws: BackupProblem.self) {
                try StoreRestore(to: path, version: "1").run(
                    from: file.fileDescriptor, named: "x", at: .now, verifying: { _ in },
                    opens: { !["user 17", "user 170"].contains($0.id.rawValue) })
            }
            #expect(problem?.sorted == closed)
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
            let left = try FileManager.default.contentsOfDirectory(atPath: directory)
            #expect(
                Set(left).isSubset(
                    of: ["backup", "damaged", "text"] + ["", "-wal", "-shm", ".lock"].map { "users.sqlite" + $0 }))
        }
    }
}

extension BackupProblem {
    /// Places are hashes, so that the first users are not the first by id.
    fileprivate var sorted: BackupProblem {
        guard case .tokensDoNotOpen(let file, let count, let first) = self else { return self }
        return .tokensDoNotOpen(file: file, count: count, first: first.sorted())
    }
}

extension StoreProblem {
    fileprivate var leftovers: [String] {
        if case .leftoverFiles(_, let files) = self { files } else { [] }
    }
}
