import Foundation
import GRDB
import RefreshCore
import Testing

@testable import SQLiteStore

/// Who holds the store, what outlives a violent end, and what does not outlive removal.
@Suite struct SQLiteDurabilityTests {
    private static func open(_ path: String) throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: path, version: "1", now: .now) { _ in }
    }

    @Test func `a store is opened once at a time`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let first = try Self.open(path)
            #expect(throws: StoreProblem.heldByAnother(place: path, process: getpid())) {
                try Self.open(path)
            }
            try await first.add("a")
            try first.close()
            let second = try Self.open(path)
            let user = try await second.user("a")
            #expect(user != nil)
        }
    }

    @Test(.timeLimit(.minutes(1)))
    func `a store held by another process is free the moment that process is killed`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            try Self.open(path).close()

            let other = Process()
            let output = Pipe()
            other.executableURL = URL(filePath: "/bin/sh")
            other.arguments = [
                "-c", "exec 9>>\"$0\" && flock -n 9 && echo $$ >\"$0\" && echo held && exec sleep 60",
                path + ".lock",
            ]
            other.standardOutput = output
            try other.run()
            let word = try output.fileHandleForReading.read(upToCount: 5)
            #expect(word == Data("held\n".utf8))

            let held = StoreProblem.heldByAnother(place: path, process: other.processIdentifier)
            #expect(throws: held) { try Self.open(path) }
            kill(other.processIdentifier, SIGKILL)
            other.waitUntilExit()
            let user = try await Self.open(path).add("a")
            #expect(user.tokenVersion == 1)
        }
    }

    @Test func `what was written is there after the process is killed, and its leases are recovered`()
        async throws
    {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            await #expect(processExitsWith: .signal(SIGKILL)) { [path = path as String] in
                let store = try Self.open(path)
                try await store.put((0..<1_000).map { try NewUser("user \($0)") })
                let leased = try await store.leaseAll(limit: 300)
                _ = try await store.settle(leased.prefix(100).map { $0.settlement(attempt: .at(.second(1))) })
                kill(getpid(), SIGKILL)
            }
            let store = try Self.open(path)
            let census = try await store.census(now: .now)
            #expect(census.users == 1_000)
            #expect(census.leased == 200)
            #expect(census.overdue == 800)
            var histories: [[AttemptRecord]] = []
            for index in 0..<1_000 {
                histories.append(
                    try #require(try await store.history(of: UserID("user \(index)"), before: nil, limit: 10)))
            }
            #expect(histories.count { $0 == [.at(.second(1))] } == 100)
            #expect(histories.count { $0.isEmpty } == 900)
            // No lease of theirs has expired: they are recovered all the same, for their holder is gone.
            let recovered = try await store.recoverLeases(now: .second(1), until: .second(2), limit: 1_000)
            #expect(recovered.count == 200)
        }
    }

    @Test func `a full disk is called one, and nothing is lost or half written`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.put((0..<100).map { try NewUser("early \($0)") })
            try await store.write { db in
                let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                try db.execute(sql: "PRAGMA max_page_count = \(pages + 20)")
            }
            let many = try (0..<5_000).map { try NewUser("late \($0)") }
            for _ in 0..<2 {
                await #expect(throws: StoreProblem.full(place: path)) { try await store.put(many) }
            }
            let census = try await store.census(now: .now)
            #expect(census.users == 100)
            let leased = try await store.leaseAll()
            #expect(leased.count == 100)
            let results = try await store.settle(leased.map { $0.settlement() })
            #expect(results.allSatisfy { $0 == .settled })
            try store.close()

            let next = try Self.open(path)
            let all = try await next.put(many)
            #expect(all.count == 5_000)
        }
    }

    /// Most of them first, so that pages fall empty and the rows of others are moved: SQLite leaves copies of those behind.
    @Test func `nothing of a removed user's id, token and history stays in the files`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            let unordered = try (0..<500).map { _ in try NewUser(UUID().uuidString) }
            try await store.put(unordered)
            let users = unordered.sorted { store.placing($0.id) < store.placing($1.id) }
            let leased = try await store.leaseAll(limit: 2_000)
            _ = try await store.settle(leased.map { $0.settlement(attempt: .saying(Self.reason(of: $0.user.id))) })
            let removed =
                users.indices.filter { !$0.isMultiple(of: 4) }.map { users[$0] }
                + users.indices.filter { $0.isMultiple(of: 8) }.map { users[$0] }
            let removedIDs = Set(removed.map(\.id))
            for user in removed {
                let isGone = try await store.remove(user.id)
                #expect(isGone)
            }
            let files = try ["", "-wal"].map { try Data(contentsOf: URL(filePath: path + $0)) }
            func isFound(_ bytes: some Sequence<UInt8>) -> Bool {
                files.contains { $0.range(of: Data(bytes)) != nil }
            }
            for user in users {
                let isKept = !removedIDs.contains(user.id)
                #expect(isFound(user.token.bytes[8..<40]) == isKept)
                #expect(isFound(user.id.rawValue.utf8) == isKept)
                #expect(isFound(Self.reason(of: user.id).utf8) == isKept)
            }
            try store.close()
            let queue = try DatabaseQueue(path: path)
            let verdict = try await queue.read { db in try String.fetchOne(db, sql: "PRAGMA integrity_check") }
            #expect(verdict == "ok")
        }
    }

    /// In some of ten thousand users a copy of a moved id or token stays where its row was; here one is put there.
    @Test func `a removal overwrites what is left between the rows of any page`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let user = try NewUser(UUID().uuidString)
            let first = try Self.open(path)
            try await first.put((0..<200).map { try NewUser("user \($0)") } + [user])
            try first.close()
            var bytes = Array(try Data(contentsOf: URL(filePath: path)))
            let copy = Array(user.id.rawValue.utf8) + user.token.bytes[8..<40]
            var places = 0
            let layout = try #require(PageLayout(header: bytes))
            for page in 0..<bytes.count / 4_096 where !layout.isPointerMap(page + 1) {
                let slice = bytes[page * 4_096..<(page + 1) * 4_096]
                let gaps = PageSweeper.gaps(of: slice, isFirst: page == 0, usable: 4_096)
                for gap in gaps where gap.count >= copy.count {
                    bytes.replaceSubrange(gap.upperBound - copy.count..<gap.upperBound, with: copy)
                    places += 1
                }
            }
            #expect(places > 5)
            try Data(bytes).write(to: URL(filePath: path))
            let store = try Self.open(path)
            let isGone = try await store.remove(user.id)
            #expect(isGone)
            let files = try ["", "-wal"].map { try Data(contentsOf: URL(filePath: path + $0)) }
            for part in [Data(user.id.rawValue.utf8), Data(user.token.bytes[8..<40])] {
                #expect(files.allSatisfy { $0.range(of: part) == nil })
            }
            let census = try await store.census(now: .now)
            #expect(census.users == 200)
            try store.close()
            let queue = try DatabaseQueue(path: path)
            let verdict = try await queue.read { db in try String.fetchOne(db, sql: "PRAGMA integrity_check") }
            #expect(verdict == "ok")
        }
    }

    @Test func `what was removed before a process ended is swept by the next`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let users = try (0..<2_000).map { _ in try NewUser(UUID().uuidString) }
            let store = try Self.open(path)
            try await store.put(users)
            _ = try await store.remove(users.prefix(500).map(\.id), unlessAddedSince: nil)
            // A name that was given up counts as removed.
            _ = try await store.rename(users[600].id, to: NewUser("renamed")) { $0 }.get()
            try store.close()
            let next = try Self.open(path)
            try await next.sweep()
            let files = try ["", "-wal"].map { try Data(contentsOf: URL(filePath: path + $0)) }
            let gone = users.prefix(500) + [users[600]]
            for user in gone {
                #expect(files.allSatisfy { $0.range(of: Data(user.id.rawValue.utf8)) == nil })
                #expect(files.allSatisfy { $0.range(of: Data(user.token.bytes[8..<40])) == nil })
            }
            // Nothing is owed any more: a sweep is a look.
            try await next.sweep()
            try next.close()
            let queue = try DatabaseQueue(path: path)
            let owed = try await queue.read { db in
                try Int.fetchOne(db, sql: "SELECT count(*) FROM meta WHERE key = 'unswept removals'")
            }
            #expect(owed == 0)
        }
    }

    @Test func `a sweep disturbs neither writers nor readers`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            let users = try (0..<4_000).map { _ in try NewUser(UUID().uuidString) }
            try await withThrowingTaskGroup(of: Void.self) { group in
                for start in stride(from: 0, to: users.count, by: 200) {
                    group.addTask { try await store.put(Array(users[start..<start + 200])) }
                    group.addTask { try await store.sweepPages() }
                    group.addTask { _ = try await store.census(now: .now) }
                }
                try await group.waitForAll()
            }
            let census = try await store.census(now: .now)
            #expect(census.users == 4_000)
            try store.close()
            let queue = try DatabaseQueue(path: path)
            let verdict = try await queue.read { db in try String.fetchOne(db, sql: "PRAGMA integrity_check") }
            #expect(verdict == "ok")
        }
    }

    /// What only this user's history holds.
    private static func reason(of id: UserID) -> String { "the bank of \(id.rawValue). is closed" }

    @Test func `a store that was closed says that it cannot be reached`() async throws {
        try await withTemporaryDirectory { directory in
            let store = try Self.open(directory + "/users.sqlite")
            try store.close()
            let reading = await #expect(throws: StoreProblem.self) { try await store.nextDue() }
            let mark = ClockMark(reading: ClockReading(wall: .now, sinceBoot: .zero), boot: nil)
            let writing = await #expect(throws: StoreProblem.self) { try await store.setClockMark(mark) }
            for problem in [reading, writing] {
                if case .unreachable? = problem {} else { Issue.record("\(String(describing: problem))") }
            }
        }
    }
}
