import Foundation
import GRDB
import RefreshCore
import Testing

@testable import SQLiteStore

/// A lease is one row for a batch, and what is in memory of it is what is on the disk.
@Suite struct SQLiteLeaseTests {
    private static func open(_ path: String) throws(StoreProblem) -> SQLiteUserStore {
        try SQLiteUserStore.open(path: path, version: "1", now: .now) { _ in }
    }

    private static func withStore(_ test: (SQLiteUserStore, String) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            try await test(try open(path), path)
        }
    }

    private static func rows(_ store: SQLiteUserStore) async throws -> [LeaseRow] {
        try await store.read { db in try LeaseRow.all(in: db) }
    }

    private static func schedule(_ store: SQLiteUserStore) async throws -> [String] {
        try await store.read { db in
            try Row.fetchAll(db, sql: "SELECT * FROM schedule ORDER BY place").map(\.description)
        }
    }

    @Test func `a batch is one row, which leaves the schedule alone and goes with the last of its users`() async throws
    {
        try await Self.withStore { store, _ in
            try await store.put((0..<40).map { try NewUser("user \($0)") })
            let before = try await Self.schedule(store)
            let leased = try await store.leaseAll()
            let row = try #require(try await Self.rows(store).first)
            #expect(row.places == leased.map(\.user.place.rawValue))
            #expect(row.until == .later && row.leasedAt == .now && row.isForCall)
            #expect(Set(leased.map(\.lease.id)) == [row.id])
            let during = try await Self.schedule(store)
            #expect(during == before)

            _ = try await store.settle(leased[0..<10].map { $0.settlement() })
            let settled = try await Self.rows(store)
            #expect(settled.map(\.places) == [row.places])
            let named = try await store.read { db in
                try Int64.fetchAll(db, sql: "SELECT place FROM schedule WHERE settled = \(row.id) ORDER BY place")
            }
            #expect(named == leased[0..<10].map(\.user.place.rawValue).sorted())

            let released = try await Self.schedule(store)
            try await store.release(leased[10..<15].map(\.lease))
            let rest = try await Self.rows(store)
            #expect(
                rest.map(\.places) == [row.places.filter { !leased[10..<15].map(\.user.place.rawValue).contains($0) }])
            let after = try await Self.schedule(store)
            #expect(after == released)

            _ = try await store.remove(leased[15..<20].map(\.user.id), unlessAddedSince: nil)
            let other = try await store.leaseAll()
            _ = try await store.settle(leased[15...].map { $0.settlement() })
            let last = try await Self.rows(store)
            #expect(last.map(\.places) == [other.map(\.user.place.rawValue)])
            try await store.release(other.map(\.lease))
            let none = try await Self.rows(store)
            #expect(none.isEmpty)
        }
    }

    @Test func `what fails in the middle changes nobody's lease`() async throws {
        try await Self.withStore { store, path in
            try await store.put((0..<3_000).map { try NewUser("user \($0)") })
            func limit(pages: Int?) async throws {
                try await store.write { db in
                    let count = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
                    try db.execute(sql: "PRAGMA max_page_count = \(pages.map { count + $0 } ?? 1_000_000_000)")
                }
            }
            try await limit(pages: 0)
            await #expect(throws: StoreProblem.full(place: path)) { try await store.leaseAll(limit: 2_000) }
            try await limit(pages: nil)
            let leased = try await store.leaseAll(limit: 2_000)
            #expect(leased.count == 2_000)
            let settlements = leased.map { $0.settlement(attempt: .saying("the bank of \($0.user.id) is closed")) }
            try await limit(pages: 0)
            await #expect(throws: StoreProblem.full(place: path)) { try await store.settle(settlements) }
            try await limit(pages: nil)
            let held = try await store.lease(leased[0].user.id, now: .now, until: .later)
            #expect(held == .failure(.inFlight(until: .later)))
            let rest = try await store.leaseAll(limit: 5_000)
            #expect(rest.count == 1_000)
            let results = try await store.settle(settlements)
            #expect(results.allSatisfy { $0 == .settled })
            let again = try await store.settle(settlements)
            #expect(again.allSatisfy { $0 == .refused })
        }
    }

    /// The log is written with the commit and not before: on a full disk all else of a transaction goes well.
    @Test func `a commit that fails changes nobody's lease`() async throws {
        try await withTemporaryDirectory { directory in
            try #require(
                mount("tmpfs", directory, "tmpfs", 0, "size=2m") == 0, "this test mounts a small disk: run it as root")
            defer { umount2(directory, Int32(MNT_DETACH)) }
            let path = directory + "/users.sqlite"
            let store = try Self.open(path)
            try await store.put((0..<100).map { try NewUser("user \($0)") })
            let filler = directory + "/filler"
            func fill() throws {
                var status = statvfs()
                try #require(statvfs(directory, &status) == 0)
                try Data(count: Int(status.f_bavail) * Int(status.f_frsize)).write(to: URL(filePath: filler))
            }
            try fill()
            await #expect(throws: StoreProblem.full(place: path)) { try await store.leaseAll() }
            try FileManager.default.removeItem(atPath: filler)
            let leased = try await store.leaseAll()
            #expect(leased.count == 100)
            try fill()
            let settlements = leased.map { $0.settlement() }
            await #expect(throws: StoreProblem.full(place: path)) { try await store.settle(settlements) }
            await #expect(throws: StoreProblem.full(place: path)) { try await store.release(leased.map(\.lease)) }
            try FileManager.default.removeItem(atPath: filler)
            let nobody = try await store.leaseAll()
            #expect(nobody.isEmpty)
            let results = try await store.settle(settlements)
            #expect(results.allSatisfy { $0 == .settled })
            try store.close()
        }
    }

    @Test func `who is removed and added again while leased waits for the end of that lease`() async throws {
        try await Self.withStore { store, path in
            for id in ["a", "b", "c"] { try await store.add(id) }
            let leased = try await store.leaseAll().sorted { $0.user.id < $1.user.id }
            for one in leased { _ = try await store.remove(one.user.id) }
            let gone = try await store.census(now: .now)
            #expect(gone.leased == 0 && gone.overdue == 0)
            let user = try await store.add("a")
            try await store.add("b")
            let early = try await store.leaseAll()
            #expect(early.isEmpty)
            let next = try await store.nextDue()
            #expect(next == nil)
            let forced = try await store.lease(user.id, now: .now, until: .later)
            #expect(forced == .failure(.inFlight(until: .later)))
            let census = try await store.census(now: .now)
            #expect(census.leased == 2 && census.overdue == 0)

            let results = try await store.settle([leased[0].settlement(), leased[2].settlement()])
            #expect(results == [.refused, .refused])
            let unwritten = try await store.user("a")
            #expect(unwritten == user)
            let again = try await store.leaseAll()
            #expect(again.map(\.user) == [user])
            _ = try await store.settle(again.map { $0.settlement() })
            // The call of the first "b" may have reached its bank, "a" was called after it.
            try store.close()
            let lost = try await Self.open(path).recoverLeases(now: .second(400), until: .second(700), limit: 10)
            #expect(lost.map(\.leased.user.id.rawValue) == ["b"])
        }
    }

    @Test func `no id of a lease comes again, however often the store is opened`() async throws {
        try await withTemporaryDirectory { directory in
            let path = directory + "/users.sqlite"
            var ids: [Int64] = []
            for life in 0..<4 {
                let store = try Self.open(path)
                if life == 0 { try await store.add("a") }
                for _ in 0..<(life == 1 ? 250 : 3) {
                    let leased = try await store.leaseAll()
                    ids += leased.map(\.lease.id)
                    try await store.release(leased.map(\.lease))
                }
                try store.close()
            }
            #expect(ids.count == 259)
            #expect(zip(ids, ids.dropFirst()).allSatisfy { $0 < $1 })
        }
    }

    @Test func `a row of which nobody is left goes when leases are recovered`() async throws {
        try await Self.withStore { store, path in
            try await store.add("a")
            _ = try await store.leaseAll()
            _ = try await store.remove(UserID("a"))
            try store.close()
            let next = try Self.open(path)
            let lost = try await next.recoverLeases(now: .second(400), until: .second(700), limit: 10)
            #expect(lost.isEmpty)
            let rows = try await Self.rows(next)
            #expect(rows.isEmpty)
        }
    }

    @Test func `a lease that was cut is damage`() async throws {
        try await Self.withStore { store, path in
            try await store.add("a")
            _ = try await store.leaseAll()
            try await store.write { db in try db.execute(sql: "UPDATE leases SET places = x'00ff'") }
            try store.close()
            #expect(throws: StoreProblem.notAStore(place: path, detail: "a lease holds a part of a place")) {
                try Self.open(path)
            }
        }
    }

    /// Else each lease would go through all who were leased before, or sort all who are due.
    @Test func `the schedule is looked up from where the last lease stopped`() async throws {
        try await Self.withStore { store, _ in
            for walk in [LeaseStatements.free, LeaseStatements.due, LeaseStatements.dueOutcomes] {
                for (sql, use) in [(walk.same, "(due=? AND rowid>?)"), (walk.later, "(due>? AND due<?)")] {
                    let plan = try await store.read { db in
                        try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql, arguments: [1, 2]).map { row -> String in
                            row["detail"]
                        }
                    }
                    #expect(plan.first?.contains("INDEX schedule_by_due " + use) == true, "\(plan)")
                    #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(plan)")
                }
            }
        }
    }
}
