import GRDB
import Glibc
package import RefreshCore

/// Writes a store that nobody has open anew, without whatever nothing lies in, and puts that in its place.
///
/// From then on space can be given back while the store is worked with (`SQLiteUserStore.compact`). Until the new file
/// is complete, checked and on the disk, the store is the one before; whatever ends this half way, nothing is lost.
package struct StoreRewrite {
    private let path: String

    package init(of path: String) {
        self.path = path
    }

    private var partial: String { Self.partial(of: path) }

    private static func partial(of path: String) -> String { path + ".compacting" }

    /// What a rewriting left that was broken off; the store is locked.
    static func removePartial(of path: String) {
        for suffix in ["", "-journal", "-wal", "-shm"] { unlink(partial(of: path) + suffix) }
    }

    /// Returns what the store's files took, and what they take now.
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
            // The log of the file before must not meet the new one.
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
                // Of what is written next; this file stays as it is.
                try db.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
            }
            try db.execute(sql: "VACUUM INTO ?", arguments: [partial])
        }
    }
}
