import RefreshCore
import Synchronization
import TestSupport
import Testing

@testable import RefreshDaemon

/// Rows are written in transactions that take some milliseconds each.
struct PacedWritingTests {
    private let time = ManualTime(now: .epoch)

    /// The sizes of the transactions in which so many rows are written, each row taking this long.
    private func sizes(of count: Int, taking each: Duration, _ writing: PacedWriting) async throws -> [Int] {
        var sizes: [Int] = []
        let written = try await writing.write(Array(0..<count)) { rows in
            sizes.append(rows.count)
            time.jump(to: time.uptime + each * rows.count)
            return rows.map { -$0 }
        }
        #expect(written == (0..<count).map { -$0 })
        return sizes
    }

    private func writing() -> PacedWriting {
        PacedWriting(WorkPace(200, within: 20...1_000, for: .milliseconds(25)), time: time)
    }

    @Test func `less at once where rows take long`() async throws {
        let sizes = try await sizes(of: 1_000, taking: .milliseconds(1), writing())
        #expect(sizes == [200, 100, 50] + Array(repeating: 25, count: 26))
    }

    @Test func `more at once where rows take little, and from one request to the next`() async throws {
        let writing = writing()
        #expect(try await sizes(of: 200, taking: .microseconds(1), writing) == [200])
        #expect(try await sizes(of: 1_000, taking: .microseconds(1), writing) == [251, 314, 393, 42])
        #expect(try await sizes(of: 3_000, taking: .microseconds(1), writing) == [492, 616, 771, 964, 157])
        #expect(try await sizes(of: 3_000, taking: .microseconds(1), writing) == [1_000, 1_000, 1_000])
    }

    @Test func `no rows are no transaction`() async throws {
        #expect(try await sizes(of: 0, taking: .zero, writing()).isEmpty)
    }

    @Test func `whoever comes while others write has its turn before they are through`() async throws {
        let writing = PacedWriting(WorkPace(always: 10), time: time)
        let turns = Turns()
        var second: Task<Void, any Error>?
        _ = try await writing.write(Array(0..<50_000)) { rows in
            turns.note("first")
            if second == nil {
                second = Task {
                    _ = try await writing.write([0]) { rows in
                        turns.note("second")
                        return rows
                    }
                }
            }
            await Task.yield()
            return rows
        }
        try await second?.value
        #expect(turns.names.count == 5_001)
        #expect(turns.names.last == "first")
    }
}

/// Who wrote, in order.
private final class Turns: Sendable {
    private let noted = Mutex<[String]>([])

    var names: [String] { noted.withLock(\.self) }

    func note(_ name: String) {
        noted.withLock { $0.append(name) }
    }
}
