import RefreshCore
import Synchronization

/// Writes many rows in transactions so short that whatever else waits for the store waits for some milliseconds only.
///
/// One transaction after the other, whoever brings the rows: between two of them the store does what waits for it.
final class PacedWriting: Sendable {
    private let turn = AsyncMutex()
    private let pace: Mutex<WorkPace>
    private let time: any Timekeeping

    init(_ pace: WorkPace, time: any Timekeeping) {
        self.pace = Mutex(pace)
        self.time = time
    }

    /// Hands the rows to `body`, some at a time and in order; returns what it returned for them.
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
                // Fewer take less: they do not tell how many more could be taken.
                pace.withLock { if some.count >= $0.amount { $0.took(took) } }
                return results
            }
        }
        return written
    }
}
