import Foundation
import RefreshDaemon
import Synchronization
import Testing
import UserImport

@testable import RefreshCore
@testable import bankrefreshd

/// How a command hands on what a file holds.
@Suite(.timeLimit(.minutes(1)))
struct UserIntakeTests {
    /// Good rows in the order of their ids, with a bad one after each hundred.
    private static func file(_ count: Int) -> (text: String, badLines: [Int]) {
        var lines = ["user_id,access_token"]
        var badLines: [Int] = []
        for number in 0..<count {
            lines.append("user \(number),token-\(number)")
            guard number % 100 == 99 else { continue }
            lines.append("user \(number)")
            badLines.append(lines.count)
        }
        return (lines.joined(separator: "\n") + "\n", badLines)
    }

    private static func source(_ text: String) throws -> ByteSource {
        let path = NSTemporaryDirectory() + "users-\(UUID().uuidString)"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { unlink(path) }
        return try ByteSource(path: path)
    }

    @Test(arguments: [1, 99, 1_000, 2_537])
    func `users go in the order of their places, each once, and bad rows are told in that of the file`(count: Int)
        async throws
    {
        let (text, badLines) = Self.file(count)
        let store = StoreOfBatches()
        var intake = UserIntake(operations: store, showsRows: false)
        var seen: [UserID] = []
        let refusal = try await intake.read(Self.source(text), form: nil) { seen.append($0) }
        #expect(refusal == nil)
        #expect(intake.outcome.problems.map(\.line) == badLines)
        #expect(intake.outcome.counts == PutCounts(added: count))
        // Whoever waits to hear who is in the file hears it in its order, of bad rows too.
        #expect(seen.map(\.rawValue) == text.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != "," }) })

        let batches = store.batches.sorted { store.places($0)[0] < store.places($1)[0] }
        let places = batches.flatMap(store.places)
        #expect(places == places.sorted())
        #expect(batches.allSatisfy { $0.users.count <= StoreOfBatches.limit })
        #expect(Set(batches.flatMap(\.users).map(\.id)).count == count)
        #expect(store.mostAtOnce <= 2)
        // The journal tells of all as one, after the last.
        #expect(Set(batches.map(\.part?.id)).count == 1)
        #expect(store.batches.filter { $0.part?.isLast == true }.count == 1)
        #expect(store.batches.last?.part?.isLast == true)
        #expect(store.leftAtLast == 0)
    }

    @Test func `a sync ends with its removals, not with its rows`() async throws {
        let store = StoreOfBatches()
        var intake = UserIntake(operations: store, kind: .synced, showsRows: false)
        _ = try await intake.read(Self.source(Self.file(1_000).text), form: nil)
        #expect(store.batches.allSatisfy { $0.part?.isLast == false && $0.part?.kind == .synced })
    }

    @Test func `after an error it counts what was written, and hands on no more`() async throws {
        let store = StoreOfBatches(failing: 3)
        var intake = UserIntake(operations: store, showsRows: false)
        let source = try Self.source(Self.file(3_000).text)
        await #expect(throws: OperationProblem.stopping) { try await intake.read(source, form: nil) }
        let written = store.batches.reduce(0) { $0 + $1.users.count }
        #expect(intake.outcome.counts == PutCounts(added: written))
        // Those before it, and what was under way beside it.
        #expect((2...4).contains(store.batches.count))
    }

    @Test func `a trial asks and puts nobody`() async throws {
        let store = StoreOfBatches()
        var intake = UserIntake(operations: store, isTrial: true, showsRows: false)
        _ = try await intake.read(Self.source(Self.file(1_000).text), form: nil)
        #expect(intake.outcome.counts == PutCounts(unchanged: 1_000))
        #expect(store.batches.isEmpty)
    }

    @Test func `a file that is refused halfway brings what stands before`() async throws {
        let store = StoreOfBatches()
        var intake = UserIntake(operations: store, showsRows: false)
        let refusal = try await intake.read(Self.source(Self.file(500).text + "a\u{0}"), form: nil)
        #expect(refusal == .notText(line: 507))
        #expect(intake.outcome.counts == PutCounts(added: 500))
    }
}

/// Notes the batches that it gets, in the order in which it was through with them.
private final class StoreOfBatches: OperationPerforming {
    static let limit = 300

    private struct State {
        var begun = 0
        var done: [PutUsers] = []
        var underWay = 0
        var mostAtOnce = 0
        var leftAtLast = 0
    }

    private let state = Mutex(State())
    private let failing: Int?

    /// The batch of this number, from 1, is refused.
    init(failing: Int? = nil) {
        self.failing = failing
    }

    var batch: BatchLimit { BatchLimit(users: Self.limit, bytes: .max) }
    var batches: [PutUsers] { state.withLock(\.done) }
    var mostAtOnce: Int { state.withLock(\.mostAtOnce) }
    /// Batches that were not written when the last one came.
    var leftAtLast: Int { state.withLock(\.leftAtLast) }

    func places(_ batch: PutUsers) -> [Place] { batch.users.map { Place(of: $0.id, seed: 7) } }

    func respond<Asked: RefreshDaemon.Operation>(to operation: Asked) async throws -> Asked.Answer {
        let answer: Any =
            switch operation {
            case is ReadPlacing: Placing(seed: 7)
            case let put as PutUsers: try await write(put)
            case let preview as PreviewUsers: preview.users.map { _ in PutAnswer.unchanged }
            default: throw OperationProblem.failed("not asked for here")
            }
        return try #require(answer as? Asked.Answer)
    }

    private func write(_ put: PutUsers) async throws -> [PutAnswer] {
        let isRefused = state.withLock { state in
            state.begun += 1
            if put.part?.isLast == true { state.leftAtLast = state.underWay }
            state.underWay += 1
            state.mostAtOnce = max(state.mostAtOnce, state.underWay)
            return state.begun == failing
        }
        for _ in 0..<10 { await Task.yield() }
        return try state.withLock { state in
            state.underWay -= 1
            if isRefused { throw OperationProblem.stopping }
            state.done.append(put)
            return put.users.map { _ in .added }
        }
    }
}
