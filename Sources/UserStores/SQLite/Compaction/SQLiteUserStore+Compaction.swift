import GRDB
package import RefreshCore
import Synchronization

extension SQLiteUserStore {
    /// How long one step may take; a copy that is to be made waits for its end.
    private static let stepLength = Duration.milliseconds(500)

    /// Packs rows, then has the last pages of the file move to where free ones are, and the file end before them.
    ///
    /// Each stretch is a transaction of its own, and the log is written into the file after it, so that it stays short.
    package func compact(after mark: String?) async throws(StoreProblem) -> CompactionStep {
        try await compact(after: mark, within: Self.stepLength)
    }

    func compact(after mark: String?, within length: Duration) async throws(StoreProblem) -> CompactionStep {
        let (isAble, days) = try await read { db in
            let first = try Int64.fetchOne(db, sql: "SELECT min(day) FROM attempts")
            let last = try Int64.fetchOne(db, sql: "SELECT max(day) FROM attempts")
            let days = first.flatMap { first in last.map { first...$0 } }
            return (try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") == 2, days)
        }
        guard isAble else { return CompactionStep(next: .unable, share: 0) }
        var work = CompactionWork(
            on: self, from: mark.flatMap(CompactionMark.init) ?? .first, at: paces.withLock(\.self),
            until: .now + length)
        while !work.isOver {
            let done: Void? = try await unlessCopied { () async throws(StoreProblem) in try await work.run() }
            // Somebody makes a copy: until its end the log would grow by all that is moved.
            if done == nil { try? await Task.sleep(for: .milliseconds(100)) }
        }
        paces.withLock { [found = work.paces] in $0 = found }
        guard !work.isEmptied else { return CompactionStep(next: .done, share: 1) }
        return CompactionStep(next: .after(work.mark.text), share: work.mark.share(of: days))
    }
}
