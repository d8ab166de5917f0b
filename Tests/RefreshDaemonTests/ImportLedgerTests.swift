import RefreshDaemon
import TestSupport
import Testing

@testable import RefreshCore

@Suite struct ImportLedgerTests {
    let bench = Workbench()

    private func put(_ numbers: Range<Int>, _ id: String, isLast: Bool) async throws {
        let entries = try numbers.map { UserEntry(id: try Fleet.id($0), token: try Fleet.token($0)) }
        let part = ImportPart(id: id, isLast: isLast)
        _ = try await bench.perform { try await $0.perform(PutUsers(entries, part: part)) }
    }

    private var imports: [Event] {
        bench.events.filter { if case .usersImported = $0 { true } else { false } }
    }

    private func run() -> Task<Void, Never> {
        let ledger = bench.daemon.operations.imports
        let task = Task(executorPreference: bench.world.executor) { await ledger.run() }
        bench.world.settle()
        return task
    }

    private func end(_ task: Task<Void, Never>) async {
        task.cancel()
        bench.world.settle()
        await task.value
    }

    @Test func `an import is told once, after its last piece`() async throws {
        let watch = run()
        try await put(0..<3, "one", isLast: false)
        try await put(0..<2, "two", isLast: false)
        bench.world.advance(by: .seconds(20))
        try await put(3..<5, "one", isLast: false)
        bench.world.advance(by: .seconds(20))
        #expect(imports == [.usersImported(PutCounts(unchanged: 2))])
        try await put(4..<6, "one", isLast: true)
        // At once, and never again.
        #expect(imports.dropFirst() == [.usersImported(PutCounts(added: 6, unchanged: 1))])
        bench.world.advance(by: .hours(1))
        await end(watch)
        #expect(imports.count == 2)
    }

    @Test func `one that breaks off is told after a while, or when the daemon ends`() async throws {
        let watch = run()
        try await put(0..<3, "one", isLast: false)
        bench.world.advance(by: ImportLedger.patience - .milliseconds(1))
        #expect(imports.isEmpty)
        bench.world.advance(by: .milliseconds(1))
        #expect(imports == [.usersImported(PutCounts(added: 3))])
        try await put(3..<4, "two", isLast: false)
        await end(watch)
        #expect(imports.dropFirst() == [.usersImported(PutCounts(added: 1))])
    }
}
