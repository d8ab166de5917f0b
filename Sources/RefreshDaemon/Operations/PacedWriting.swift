import RefreshCore
import Synchronization

/// Writes many rows in transactions so short that other users of the store wait only milliseconds.
///
/// One transaction runs at a time, even for several callers: between two of them the store serves its other users.
final class PacedWriting: Sendable {
    private let turn = AsyncMutex()
    private let pace: Mutex<WorkPace>
    private let time: any Timekeeping

    init(_ pace: WorkPace, time: any Timekeeping) {
        self.pace = Mutex(pace)
        self.time = time
    }

    /// Passes the rows to `body`, some at a time and in order; returns the results.
    func write<Row: Sendable, Written: Sendable>(
        _ rows: [Row], _ body: ([Row]) async throws -> [Written]
    ) async throws -> [Written] {
        var written: [Written] = []
        while written.count < rows.count {
            written += try await turn.run {
                let some = Array(rows[written.count...].prefix(pace.withLock(\.amount)))
                let began = time.uptime
                let results = try await body(some)
                let took = time.uptime - began
                // A smaller batch takes less time and does not show how many rows fit.
                pace.withLock { if some.count >= $0.amount { $0.took(took) } }
                return results
            }
        }
        return written
    }
}
