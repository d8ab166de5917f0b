import GRDB
package import RefreshCore
import Synchronization

/// One step of a compaction, in batches sized to take some milliseconds each.
struct CompactionWork {
    private(set) var mark: CompactionMark
    /// Whether no free page is left.
    private(set) var isEmptied = false
    private var isShort = false
    private let store: SQLiteUserStore
    private let end: ContinuousClock.Instant
    private(set) var paces: CompactionPaces

    init(
        on store: SQLiteUserStore, from mark: CompactionMark, at paces: CompactionPaces,
        until end: ContinuousClock.Instant
    ) {
        self.store = store
        self.paces = paces
        self.mark = mark
        self.end = end
    }

    var isOver: Bool { isEmptied && isShort || .now >= end || Task.isCancelled }

    mutating func run() async throws(StoreProblem) {
        while !isOver {
            let time = mark == .pages ? try await givePages() : try await packRows()
            // A sweep of the file has to end first. Otherwise, other work gets as much of the disk and the processor.
            try? await Task.sleep(for: time ?? .milliseconds(20))
        }
    }

    /// Packs a batch; returns how long the store worked, nil if it could not.
    private mutating func packRows() async throws(StoreProblem) -> Duration? {
        let pace = if case .attempts = mark { \CompactionPaces.attempts } else { \CompactionPaces.rows }
        let (mark, limit) = (mark, paces[keyPath: pace].amount)
        let packed = try await store.compacting { db in
            let began = ContinuousClock.now
            let next = try RowPacker(db: db, limit: limit).pack(after: mark)
            return (next: next, time: began.duration(to: .now))
        }
        guard let packed else { return nil }
        self.mark = packed.next
        return try await writeLog(after: packed.time, at: pace)
    }

    private mutating func givePages() async throws(StoreProblem) -> Duration? {
        let limit = paces.pages.amount
        let left = try await store.compacting { db in
            let began = ContinuousClock.now
            var left: Int64 = 0
            try db.inTransaction(.immediate) {
                // Each freed page is a row of the result; GRDB steps through all of them.
                try db.execute(sql: "PRAGMA incremental_vacuum(\(limit))")
                left = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
                return .commit
            }
            return (pages: left, time: began.duration(to: .now))
        }
        guard let left else { return nil }
        isEmptied = left.pages == 0
        return try await writeLog(after: left.time, at: \.pages)
    }

    /// Checkpoints the log into the file as far as readers allow, without waiting for them.
    ///
    /// The file becomes shorter once the log is fully written. The last call also empties the log.
    private mutating func writeLog(
        after time: Duration, at pace: WritableKeyPath<CompactionPaces, WorkPace>
    ) async throws(StoreProblem) -> Duration {
        let (path, isLast) = (store.path, isEmptied)
        let written = try await store.compacting { db in
            let began = ContinuousClock.now
            if isLast { try Self.emptyLog(in: db) } else { _ = try db.checkpoint(.passive) }
            let time = began.duration(to: .now)
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0
            return (time: time, isShort: StoreFile.size(of: path) <= pages * size)
        }
        isShort = written?.isShort ?? false
        let took = written?.time ?? .zero
        paces[keyPath: pace].took(max(time, took))
        return time + took
    }

    private static func emptyLog(in db: Database) throws {
        let patience = try Int.fetchOne(db, sql: "PRAGMA busy_timeout") ?? 0
        // An active reader would hold up the queue, so write only as much as is possible without waiting.
        try db.execute(sql: "PRAGMA busy_timeout = 0")
        defer { try? db.execute(sql: "PRAGMA busy_timeout = \(patience)") }
        do {
            try db.checkpoint(.truncate)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {}
    }
}

/// How much each kind of work does per batch; later steps start from what earlier steps measured.
struct CompactionPaces {
    private static let longest = Duration.milliseconds(10)

    var attempts = WorkPace(200, within: 20...2_000, for: longest)
    var rows = WorkPace(50, within: 20...1_000, for: longest)
    var pages = WorkPace(20, within: 1...1_000, for: longest)
}

extension SQLiteUserStore {
    /// How long one step may take; a copy that is to be made waits for its end.
    private static let stepLength = Duration.milliseconds(500)

    /// Packs rows, then moves the file's last pages into free ones and truncates the file.
    ///
    /// Each batch is a transaction of its own, and the log is checkpointed after it so that it stays short.
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
            // A copy is in progress. Until it ends, the log would grow by everything that is moved.
            if done == nil { try? await Task.sleep(for: .milliseconds(100)) }
        }
        paces.withLock { [found = work.paces] in $0 = found }
        guard !work.isEmptied else { return CompactionStep(next: .done, share: 1) }
        return CompactionStep(next: .after(work.mark.text), share: work.mark.share(of: days))
    }
}
