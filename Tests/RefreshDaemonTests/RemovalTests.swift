import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

/// Removing many users, and what the journal and the files are told of it.
struct RemovalTests {
    let bench = Workbench()

    private func ids(_ numbers: Range<Int>) throws -> [UserID] { try numbers.map(Fleet.id) }

    private func add(_ count: Int) async throws {
        try await bench.memory.addFleet(count, policy: bench.policy, now: bench.world.time.now)
    }

    private func remove(_ ids: [UserID], part: ImportPart? = nil) async throws -> [Removal] {
        try await bench.perform { try await $0.perform(RemoveUsers(ids, part: part)) }
    }

    private func part(isLast: Bool, _ kind: ImportPart.Kind = .removed) -> ImportPart {
        ImportPart(id: "one", isLast: isLast, kind: kind)
    }

    private var summaries: [Event] {
        bench.events.filter {
            switch $0 {
            case .usersRemoved, .usersSynced, .usersImported: true
            default: false
            }
        }
    }

    private var removed: [UserID] {
        bench.events.compactMap { if case .userRemoved(let id) = $0 { id } else { nil } }
    }

    @Test func `each has its entry, all of them one more, and the files are swept once`() async throws {
        try await add(1_000)
        let answers = try await remove(ids(0..<700) + [UserID("nobody")])
        #expect(answers == Array(repeating: .removed, count: 700) + [.noSuchUser])
        #expect(removed == (try ids(0..<700)))
        #expect(summaries == [.usersRemoved(700)])
        #expect(bench.store.sweeps == 1)
        // One alone is told alone.
        #expect(try await remove(ids(700..<701)) == [.removed])
        #expect(removed.count == 701 && summaries.count == 1)
        #expect(bench.store.sweeps == 2)
        #expect(try await remove(ids(700..<701)) == [.noSuchUser])
    }

    @Test func `parts are told and swept after the last`() async throws {
        try await add(10)
        _ = try await remove(ids(0..<3), part: part(isLast: false))
        _ = try await remove(ids(3..<5), part: part(isLast: false))
        #expect(summaries.isEmpty && bench.store.sweeps == 0)
        _ = try await remove([], part: part(isLast: true))
        #expect(summaries == [.usersRemoved(5)])
        #expect(bench.store.sweeps == 1)
    }

    @Test func `a sync is told as one, removals and all`() async throws {
        try await add(4)
        let entries = try (2..<6).map { UserEntry(id: try Fleet.id($0), token: try Fleet.token($0)) }
        let part = part(isLast: false, .synced)
        _ = try await bench.perform { try await $0.perform(PutUsers(entries, part: part)) }
        _ = try await remove(ids(0..<2), part: part)
        _ = try await remove([], part: self.part(isLast: true, .synced))
        #expect(summaries == [.usersSynced(PutCounts(added: 2, unchanged: 2), removed: 2)])
    }

    @Test func `a sync that removes nobody is told with the reason`() async throws {
        try await add(4)
        let last = ImportPart(id: "one", isLast: true, kind: .synced, obstacle: " 1 row\nrefused ")
        let entries = try [UserEntry(id: Fleet.id(0), token: Fleet.token(0))]
        _ = try await bench.perform { try await $0.perform(PutUsers(entries, part: part(isLast: false, .synced))) }
        _ = try await remove([], part: last)
        #expect(summaries == [.usersSynced(PutCounts(unchanged: 1), removed: 0, obstacle: "1 row refused")])
    }

    @Test func `what a command leaves unswept is swept after a while, by the next daemon too`() async throws {
        try await add(10)
        let sweeper = bench.daemon.operations.sweeper
        let task = Task(executorPreference: bench.world.executor) { await sweeper.run() }
        bench.world.settle()
        bench.world.advance(by: RemovalSweeper.patience)
        // At its start, for whoever was there before.
        #expect(bench.store.sweeps == 1)
        _ = try await remove(ids(0..<3), part: part(isLast: false))
        bench.world.advance(by: .seconds(20))
        _ = try await remove(ids(3..<5), part: part(isLast: false))
        bench.world.advance(by: .seconds(20))
        #expect(bench.store.sweeps == 1)
        // A store that fails is asked again.
        bench.store.fail(.init(writes: .full(place: "memory")))
        bench.world.advance(by: .minutes(2))
        bench.store.fail(.init())
        bench.world.advance(by: RemovalSweeper.patience)
        #expect(bench.store.sweeps == 2)
        bench.world.advance(by: .hours(1))
        #expect(bench.store.sweeps == 2)
        task.cancel()
        bench.world.settle()
        await task.value
    }

    @Test func `removals stand although the sweep fails, and it is tried again`() async throws {
        try await add(10)
        let sweeper = bench.daemon.operations.sweeper
        let task = Task(executorPreference: bench.world.executor) { await sweeper.run() }
        bench.world.advance(by: RemovalSweeper.patience)
        #expect(bench.store.sweeps == 1)
        bench.store.failSweeps(with: .unreachable(place: "memory", detail: "no answer"))
        #expect(try await remove(ids(0..<1)) == [.removed])
        let renaming = RenameUser(try Fleet.id(1), to: try UserID("other"))
        #expect(try await bench.perform { try await $0.perform(renaming) }.userID == "other")
        bench.store.failSweeps(with: nil)
        bench.world.advance(by: RemovalSweeper.patience)
        #expect(bench.store.sweeps == 2)
        task.cancel()
        bench.world.settle()
        await task.value
    }
}
