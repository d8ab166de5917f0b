import GRDB
import Glibc
package import RefreshCore

/// Rewrites a store that no process has open, without its unused space, and replaces the old file.
///
/// The new file can return space while the store is in use (`SQLiteUserStore.compact`). Until it is complete, checked
/// and durable, the old file stays in place, so an interruption loses nothing.
package struct StoreRewrite {
    private let path: String

    package init(of path: String) {
        self.path = path
    }

    private var partial: String { Self.partial(of: path) }

    private static func partial(of path: String) -> String { path + ".compacting" }

    /// Removes what an interrupted rewrite left; the caller holds the store's lock.
    static func removePartial(of path: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial(of: path) + suffix) }
    }

    /// Returns the size of the store's files before and after.
    ///
    /// Blocks while it works. Needs as much room beside the store as the new file takes.
    package func run() throws(StoreProblem) -> (before: Int64, after: Int64) {
        let lock = try StoreLock(path: path)
        defer { lock.release() }
        Self.removePartial(of: path)
        let before = ["", "-wal", "-shm"].reduce(0) { $0 + StoreFile.size(of: path + $1) }
        do {
            guard try StoreInspection.inspect(path: path) != nil else {
                throw StoreProblem.notAStore(place: path, detail: "it holds nothing")
            }
            try write()
            try StoreCopy.check(partial)
            // The old file's log must not meet the new file.
            guard StoreFile.size(of: path + "-wal") == 0 else {
                throw StoreProblem.heldByAnother(place: path, process: nil)
            }
            for suffix in ["-wal", "-shm"] { unlink(path + suffix) }
            return (before, try StoreFile.publish(partial, as: path))
        } catch {
            let problem = StoreProblem(error, place: path)
            Self.removePartial(of: path)
            throw problem
        }
    }

    private func write() throws {
        var configuration = Configuration()
        configuration.label = "compaction"
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        defer { try? queue.close() }
        try queue.writeWithoutTransaction { db in
            try db.checkpoint(.truncate)
            let pages = try Int64.fetchOne(db, sql: "PRAGMA page_count") ?? 0
            let free = try Int64.fetchOne(db, sql: "PRAGMA freelist_count") ?? 0
            let size = try Int64.fetchOne(db, sql: "PRAGMA page_size") ?? 0
            try StoreFile.checkRoom(for: (pages - free) * size, at: partial)
            try StoreFile.makeEmpty(partial, for: partial, like: path)
            if try Int.fetchOne(db, sql: "PRAGMA auto_vacuum") != 2 {
                // This applies to the file that is written next; this file keeps its setting.
                try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            }
            try db.execute(sql: "VACUUM INTO ?", arguments: [partial])
        }
    }
}
